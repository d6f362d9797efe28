// Runs a CloudFront Function as CloudFront does: an ECMAScript module of the language that its runtime lists, with the
// modules and global names that there are, and none of Node's own.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
// Standard input: {code, event, keyValues, cloudfront}. Standard output: {result, logged} or {error, logged}.
import buffer from "node:buffer";
import crypto from "node:crypto";
import { readFileSync } from "node:fs";
import querystring from "node:querystring";
import vm from "node:vm";

import { refuseLanguage } from "./viewer_language.mjs";

const GLOBALS = new Set(
  `Array ArrayBuffer Boolean DataView Date Function JSON Math Number Object Promise RegExp String Symbol
  Float32Array Float64Array Int8Array Int16Array Int32Array Uint8Array Uint8ClampedArray Uint16Array Uint32Array
  AggregateError Error EvalError RangeError ReferenceError SyntaxError TypeError URIError
  Infinity NaN globalThis undefined decodeURI decodeURIComponent encodeURI encodeURIComponent eval isFinite isNaN
  parseFloat parseInt Buffer TextDecoder TextEncoder atob btoa console require`.split(/\s+/),
);
const ALGORITHMS = ["md5", "sha1", "sha256"];

const { code, event, keyValues, cloudfront } = JSON.parse(readFileSync(0, "utf8"));
const logged = [];
const context = vm.createContext(
  { console: { log }, require: find, Buffer: buffer.Buffer, TextDecoder, TextEncoder, atob, btoa },
  { codeGeneration: { strings: false, wasm: false } },
);
const store = vm.runInContext(`(Map) => ${cloudfront}`, context)(Map)(keyValues);
for (const name of vm.runInContext("Object.getOwnPropertyNames(globalThis)", context)) {
  if (!GLOBALS.has(name)) vm.runInContext(`delete globalThis.${name}`, context);
}
const modules = {
  buffer: { Buffer: buffer.Buffer },
  cloudfront: { ...store, ...originHelpers() },
  crypto: { createHash: digest(crypto.createHash), createHmac: digest(crypto.createHmac) },
  querystring,
};

function log(...values) {
  if (values.length !== 1) throw new Error("console.log of CloudFront takes one value: join them with +");
  logged.push(typeof values[0] === "string" ? values[0] : JSON.stringify(values[0]));
}

function find(name) {
  if (!Object.hasOwn(modules, name)) throw new Error(`CloudFront has no module '${name}'`);
  return modules[name];
}

function digest(create) {
  return (algorithm, ...rest) => {
    if (!ALGORITHMS.includes(algorithm)) throw new Error(`CloudFront has ${ALGORITHMS.join(", ")}, and no ${algorithm}`);
    return create(algorithm, ...rest);
  };
}

// What they change is not looked at, as in CloudFront's own test of a function.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/helper-functions-origin-modification.html
function originHelpers() {
  const change = () => {
    if (event.response) throw new Error("the origin can be changed at viewer requests only");
  };
  return { updateRequestOrigin: change, selectRequestOriginById: change, createRequestOriginGroup: change };
}

async function link(name) {
  const contents = find(name);
  return new vm.SyntheticModule(["default"], function () { this.setExport("default", contents); }, { context });
}

let outcome;
try {
  const module = new vm.SourceTextModule(`${code}\nexport { handler as handlerOfCloudFront };`, {
    context,
    identifier: "function.js",
  });
  refuseLanguage(code);
  await module.link(link);
  await module.evaluate();
  // As JSON on the way in: an object of the function's own world.
  const given = vm.runInContext(`(${JSON.stringify(event)})`, context);
  outcome = { result: (await module.namespace.handlerOfCloudFront(given)) ?? null };
} catch (error) {
  outcome = { error: String((error && error.stack) || error) };
}
process.stdout.write(JSON.stringify({ ...outcome, logged }));
