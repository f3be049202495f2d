FROM python:3.13-slim AS builder
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /build

# uv itself comes from the lock as well, as in the Makefile.
COPY requirements.lock requirements.runtime.lock ./
RUN awk '/^uv==/ {found = 1} found {print} found && !/\\$/ {exit}' requirements.lock > uv.lock \
    && pip install --no-cache-dir --disable-pip-version-check --require-hashes -r uv.lock
RUN uv venv /opt/routergate \
    && uv pip install --no-cache --python /opt/routergate/bin/python --require-hashes -r requirements.runtime.lock

COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN uv build --no-cache --wheel --build-constraints requirements.lock --require-hashes --out-dir dist \
    && uv pip install --no-cache --python /opt/routergate/bin/python --no-deps dist/*.whl

# 60 MB that nothing here opens: the graph module beside the Redis server, and the web pages of litellm's proxy.
RUN find /opt/routergate -name falkordb.so -delete \
    && find /opt/routergate -type d -path '*/litellm/proxy/_experimental/out' -prune -exec rm -r {} +


FROM python:3.13-slim
LABEL org.opencontainers.image.title="RouterGate" \
      org.opencontainers.image.description="An OpenAI-compatible gateway: the cheapest model that is good enough, and what it really cost." \
      org.opencontainers.image.licenses="Apache-2.0"

# A number, because Kubernetes cannot tell from a name that it is not root.
RUN groupadd --gid 10001 routergate \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin routergate \
    && install --directory --owner 10001 --group 10001 /data /etc/routergate
COPY --from=builder /opt/routergate /opt/routergate

ENV PATH=/opt/routergate/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ROUTERGATE_CONFIG=/etc/routergate/routergate.yaml \
    ROUTERGATE_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080

# Not urllib: it would ask a proxy that is set in the environment.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["python", "-c", \
    "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8080, timeout=3); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]

ENTRYPOINT ["routergate"]
CMD ["serve", "--host", "0.0.0.0"]
