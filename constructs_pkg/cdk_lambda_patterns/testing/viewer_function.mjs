// Runs a CloudFront Function as CloudFront does: ECMAScript modules, and none of Node's own but the three there are.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
// Standard input: {code, event, keyValues, cloudfront}. Standard output: {result, logged} or {error, logged}.
import buffer from "node:buffer";
import crypto from "node:crypto";
import { readFileSync } from "node:fs";
import querystring from "node:querystring";
import vm from "node:vm";

const { code, event, keyValues, cloudfront } = JSON.parse(readFileSync(0, "utf8"));
const logged = [];
const log = (...values) => logged.push(values.map((v) => (typeof v === "string" ? v : JSON.stringify(v))).join(" "));
const context = vm.createContext(
  { console: { log, error: log }, require: find, Buffer: buffer.Buffer, TextDecoder, TextEncoder, atob, btoa },
  { codeGeneration: { strings: false, wasm: false } },
);
const modules = {
  buffer,
  cloudfront: vm.runInContext(cloudfront, context)(keyValues),
  crypto,
  querystring,
};

function find(name) {
  if (!Object.hasOwn(modules, name)) throw new Error(`CloudFront has no module '${name}'`);
  return modules[name];
}

async function link(name) {
  const contents = find(name);
  const names = [...new Set(["default", ...Object.keys(contents)])];
  return new vm.SyntheticModule(
    names,
    function () {
      for (const each of names) this.setExport(each, each === "default" ? contents : contents[each]);
    },
    { context },
  );
}

let outcome;
try {
  const module = new vm.SourceTextModule(`${code}\nexport { handler as handlerOfCloudFront };`, {
    context,
    identifier: "function.js",
  });
  await module.link(link);
  await module.evaluate();
  // As JSON on the way in: an object of the function's own world.
  const given = vm.runInContext(`(${JSON.stringify(event)})`, context);
  outcome = { result: (await module.namespace.handlerOfCloudFront(given)) ?? null };
} catch (error) {
  outcome = { error: String((error && error.stack) || error) };
}
process.stdout.write(JSON.stringify({ ...outcome, logged }));
