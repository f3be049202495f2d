// The official npm client: only its base URL and key know of the gateway.

import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";

const { GATEWAY_URL, GATEWAY_KEY } = process.env;
const client = new OpenAI({ baseURL: `${GATEWAY_URL}/v1`, apiKey: GATEWAY_KEY, maxRetries: 0 });
const messages = [{ role: "user", content: "Hello?" }];
const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
};
const tools = [{ type: "function", function: { name: "weather", parameters } }];

async function all(items) {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

const contentOf = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");

test("chat", async () => {
  const { data, response, request_id } = await client.chat.completions
    .create({ model: "auto", messages })
    .withResponse();
  assert.match(data.choices[0].message.content, /simulated/);
  assert.ok(data.usage.cost > 0);
  assert.equal(response.headers.get("x-routergate-model"), "small");
  assert.equal(data._request_id, request_id);
  assert.match(request_id, /^req_/);
});

test("stream", async () => {
  const plain = await client.chat.completions.create({ model: "auto", messages });
  const chunks = await all(
    await client.chat.completions.create({ model: "auto", messages, stream: true }),
  );
  assert.equal(contentOf(chunks), plain.choices[0].message.content);
  assert.ok(chunks.every((chunk) => !chunk.usage));
});

test("stream with usage", async () => {
  const stream = await client.chat.completions.create({
    model: "auto",
    messages,
    stream: true,
    stream_options: { include_usage: true },
  });
  const last = (await all(stream)).at(-1);
  assert.deepEqual(last.choices, []);
  assert.ok(last.usage.cost > 0);
});

test("tools there and back", async () => {
  const asked = [{ role: "user", content: "Use weather, please." }];
  const first = await client.chat.completions.create({ model: "auto", messages: asked, tools });
  const [call] = first.choices[0].message.tool_calls;
  assert.equal(typeof JSON.parse(call.function.arguments).city, "string");
  const told = [
    ...asked,
    first.choices[0].message,
    { role: "tool", tool_call_id: call.id, content: '{"sky": "clear"}' },
  ];
  const second = await client.chat.completions.create({ model: "auto", messages: told, tools });
  assert.equal(second.choices[0].finish_reason, "stop");
});

test("an answer in a schema", async () => {
  const response_format = {
    type: "json_schema",
    json_schema: { name: "place", strict: true, schema: parameters },
  };
  const answer = await client.chat.completions.parse({ model: "auto", messages, response_format });
  assert.equal(typeof JSON.parse(answer.choices[0].message.content).city, "string");
});

test("a response, plain and streamed", async () => {
  const plain = await client.responses.create({ model: "auto", input: "Hello?" });
  assert.match(plain.output_text, /simulated/);
  assert.ok(plain.usage.cost > 0);
  const events = await all(await client.responses.create({ model: "auto", input: "Hello?", stream: true }));
  const said = events.filter((event) => event.type === "response.output_text.delta");
  assert.equal(said.map((event) => event.delta).join(""), plain.output_text);
  assert.equal(events.at(-1).type, "response.completed");
});

test("embeddings", async () => {
  const { data, usage } = await client.embeddings.create({ model: "vectors", input: ["one", "two"] });
  assert.equal(data.length, 2);
  assert.equal(typeof data[0].embedding[0], "number");
  assert.ok(usage.total_tokens > 0);
});

test("an image", async () => {
  const url = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=";
  const content = [
    { type: "text", text: "What is in this pixel from Node?" },
    { type: "image_url", image_url: { url } },
  ];
  const answer = await client.chat.completions.create({
    model: "auto",
    messages: [{ role: "user", content }],
  });
  assert.ok(answer.choices[0].message.content);
});

test("models", async () => {
  const names = (await all(client.models.list())).map((model) => model.id);
  assert.ok(["auto", "small", "large"].every((name) => names.includes(name)));
  assert.equal((await client.models.retrieve("auto")).owned_by, "routergate");
});

const errors = [
  [{ model: "nobody" }, OpenAI.NotFoundError, "model_not_found"],
  [{ messages: [] }, OpenAI.BadRequestError, null],
  [{ model: "400" }, OpenAI.BadRequestError, "invalid_value"],
  [{ max_tokens: 1e9 }, OpenAI.BadRequestError, "context_length_exceeded"],
  [{ model: "all-down" }, OpenAI.InternalServerError, "upstream_exhausted"],
];

for (const [changes, kind, code] of errors) {
  test(`error ${code}`, async () => {
    await assert.rejects(
      client.chat.completions.create({ model: "auto", messages, ...changes }),
      (error) => error instanceof kind && error.code === code && /^req_/.test(error.requestID),
    );
  });
}

test("a wrong key", async () => {
  await assert.rejects(
    client.withOptions({ apiKey: "rg-wrong" }).models.list(),
    (error) => error instanceof OpenAI.AuthenticationError && error.code === "invalid_api_key",
  );
});

test("a stream that breaks", async () => {
  const stream = await client.chat.completions.create({ model: "cut:5", messages, stream: true });
  await assert.rejects(all(stream), (error) => error.code === "upstream_cut");
});

test("a stream that is aborted", async () => {
  const stream = await client.chat.completions.create({
    model: "stall:5",
    messages: [{ role: "user", content: "aborted from Node" }],
    stream: true,
  });
  for await (const _ of stream) stream.controller.abort();
});
