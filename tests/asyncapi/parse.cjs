// Reads an AsyncAPI document from standard input, and prints the errors that the parser of AsyncAPI reports,
// and the operations that it understood.
const { Parser } = require("@asyncapi/parser");

// Leaves out the parts that contain themselves: the parser follows the references of recursive schemas.
function finite(value, path = []) {
  if (typeof value !== "object" || value === null) return value;
  if (path.includes(value)) return undefined;
  const parts = Object.entries(value).map(([key, part]) => [key, finite(part, [...path, value])]);
  return Array.isArray(value) ? parts.map(([, part]) => part) : Object.fromEntries(parts);
}

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const { document, diagnostics } = await new Parser().parse(Buffer.concat(chunks).toString());
  const errors = diagnostics
    .filter((each) => each.severity === 0)
    .map((each) => `${each.path.join("/")}: ${each.message}`);
  const operations = (document?.operations().all() ?? []).map((operation) => ({
    action: operation.action(),
    channels: operation.channels().all().map((channel) => channel.address()),
    messages: operation.messages().all().map((message) => ({
      name: message.name(),
      payload: finite(message.payload()?.json()),
      headers: finite(message.headers()?.json()),
    })),
  }));
  process.stdout.write(JSON.stringify({ version: document?.version() ?? null, errors, operations }));
}

main();
