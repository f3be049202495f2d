/** The words of a streamed chat answer, one after the other; raises what the gateway says in the stream. */
export async function* words(response: Response): AsyncGenerator<string> {
  for await (const event of events(response)) {
    if (event === "[DONE]") return;
    const said = JSON.parse(event);
    if (said.error) throw new Error(said.error.message);
    const word: unknown = said.choices?.[0]?.delta?.content;
    if (typeof word === "string" && word) yield word;
  }
  throw new Error("The answer broke off before its end.");
}

/** The data of server-sent events, wherever the bytes are cut. */
async function* events(response: Response): AsyncGenerator<string> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const lines = block.split(/\r?\n/).filter((line) => line.startsWith("data:"));
      if (lines.length) yield lines.map((line) => line.slice(5).trimStart()).join("\n");
    }
  }
}
