// Refuses what Node's JavaScript has and the list of CloudFront's runtime 2.0 has not.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
import { createRequire } from "node:module";

const ASSIGNED = ["&&=", "||=", "??="];
const MISSING = {
  ArrayPattern: () => "destructuring",
  AssignmentExpression: (node) => ASSIGNED.includes(node.operator) && node.operator,
  AssignmentPattern: () => "default values of parameters",
  AwaitExpression: (node, functions) => !functions.length && "await outside of async functions",
  ChainExpression: () => "?.",
  ClassDeclaration: () => "classes",
  ClassExpression: () => "classes",
  ForOfStatement: () => "for ... of",
  ImportDeclaration: (node) => node.specifiers.some((each) => each.type !== "ImportDefaultSpecifier") && "named imports",
  ImportExpression: () => "import()",
  LogicalExpression: (node) => node.operator === "??" && "??",
  ObjectPattern: () => "destructuring",
  SpreadElement: () => "spread ...",
};

/** The code is known to be a module of Node's language. */
export function refuseLanguage(code) {
  const parse = parser();
  if (parse) visit(parse(code, { ecmaVersion: "latest", sourceType: "module", locations: true }), [], false);
}

// Node's own parser, which it keeps for itself; where a later Node has it no more, the code is only run.
function parser() {
  try {
    return createRequire(import.meta.url)("internal/deps/acorn/acorn/dist/acorn").parse;
  } catch {
    return null;
  }
}

function visit(node, functions, isArgument) {
  const isFunction = /Function/.test(node.type);
  const missing = isFunction ? ofFunction(node, functions, isArgument) : MISSING[node.type]?.(node, functions);
  if (missing) {
    throw new SyntaxError(`CloudFront's list of JavaScript has no ${missing}: function.js:${node.loc.start.line}`);
  }
  const inside = isFunction ? [...functions, node] : functions;
  for (const [name, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child && typeof child.type === "string") visit(child, inside, name === "arguments");
    }
  }
}

function ofFunction(node, functions, isArgument) {
  if (node.generator) return "generators";
  return node.async && (functions.length || isArgument) && "async functions within functions or as arguments";
}
