// A host on the official TypeScript SDK: makes calls and prints what it heard, and what was on the wire, as JSON.
//   node typescript_host.cjs FOLDER_WITH_NODE_MODULES CALLS COMMAND ARGS...
const { createRequire } = require("node:module");

const [folder, calls, command, ...args] = process.argv.slice(2);
const sdk = createRequire(`${folder}/`);
const { Client } = sdk("@modelcontextprotocol/sdk/client/index.js");
const { StdioClientTransport } = sdk("@modelcontextprotocol/sdk/client/stdio.js");

async function main() {
  const client = new Client({ name: "typescript", version: "1" });
  const transport = new StdioClientTransport({ command, args, env: process.env, stderr: "inherit" });
  const report = { wire: [], heard: [], results: [], errors: [] };
  client.onerror = (error) => report.errors.push(String(error));
  await client.connect(transport);
  const receive = transport.onmessage;
  transport.onmessage = (message, extra) => {
    report.wire.push(message);
    receive(message, extra);
  };
  for (const call of JSON.parse(calls)) {
    const heard = [];
    const options = call.listen ? { onprogress: (progress) => heard.push(progress) } : {};
    const result = await client.callTool({ name: call.name, arguments: call.arguments }, undefined, options);
    report.heard.push(heard);
    report.results.push(result.content[0].text);
  }
  await client.ping(); // whatever came late is here before this is answered
  await client.close();
  console.log(JSON.stringify(report));
}

main();
