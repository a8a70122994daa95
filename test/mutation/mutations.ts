/** Which small faults a piece of TypeScript can have: the operators of mutation testing. */

/** A node of the syntax tree that vite's parser makes (ESTree with TypeScript). */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  // The tree's other fields depend on the type.

  readonly [field: string]: any;
}

const binary: Record<string, readonly string[]> = {
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
  "&": ["|"],
  "|": ["&"],
  "^": ["&"],
  "<<": [">>"],
  ">>": ["<<"],
  ">>>": ["<<"],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "===": ["!=="],
  "!==": ["==="],
};
const negations = new Set([">=", ">", "<=", "<", "!==", "==="]);
const assignment: Record<string, string> = {
  "+=": "-=",
  "-=": "+=",
  "*=": "/=",
  "/=": "*=",
  "??=": "=",
  "||=": "=",
  "&&=": "=",
  "|=": "&=",
  "&=": "|=",
  "<<=": ">>=",
  ">>=": "<<=",
};
const members: Record<string, string> = {
  min: "max",
  max: "min",
  floor: "ceil",
  ceil: "floor",
  some: "every",
  every: "some",
};

const isText = (node: Node): boolean =>
  node.type === "TemplateLiteral" || (node.type === "Literal" && typeof node.value === "string");
const isCondition = (node: Node, parent: Node | undefined): boolean =>
  parent !== undefined && "test" in parent && parent.test === node;
const isPlain = ({ type }: Node): boolean => type === "Identifier" || type === "MemberExpression";
/** Calls that may take their arguments in any order. */
const commutes = ({ callee }: Node): boolean => callee.object?.name === "Math";

/** Faulty texts in place of an expression. `text` gives the source of a node. */
export function mutateExpression(node: Node, parent: Node | undefined, text: (node: Node) => string): string[] {
  const replaced = [...mutateOperator(node, parent, text)];
  if (!isCondition(node, parent)) return replaced;
  // A loop whose condition always holds ends by the watch alone, which teaches nothing.
  const isLoop = !["IfStatement", "ConditionalExpression"].includes(parent!.type);
  return [...replaced, ...(isLoop ? ["false"] : ["true", "false"])];
}

function mutateOperator(node: Node, parent: Node | undefined, text: (node: Node) => string): string[] {
  switch (node.type) {
    case "BinaryExpression": {
      if (isText(node.left) || isText(node.right)) return [];
      const [left, right] = [text(node.left), text(node.right)];
      if (["in", "instanceof"].includes(node.operator)) return isCondition(node, parent) ? [] : [`!(${text(node)})`];
      // Where it is a condition, its negation is no more than its being true and its being false.
      const others = (binary[node.operator] ?? []).filter((other, i, { length }) => {
        return !(isCondition(node, parent) && negations.has(other) && i === length - 1);
      });
      return others.map((other) => `${left} ${other} ${right}`);
    }
    case "LogicalExpression": {
      const [left, right] = [text(node.left), text(node.right)];
      if (node.operator === "??") return [left, right];
      return [`${left} ${node.operator === "&&" ? "||" : "&&"} ${right}`];
    }
    case "UnaryExpression":
      if (node.operator === "!" && isCondition(node, parent)) return [];
      return ["!", "-", "~"].includes(node.operator) ? [text(node.argument)] : [];
    case "UpdateExpression": {
      if (parent?.type === "ForStatement") return [];
      const other = node.operator === "++" ? "--" : "++";
      return [node.prefix ? `${other}${text(node.argument)}` : `${text(node.argument)}${other}`];
    }
    case "AssignmentExpression": {
      const other = assignment[node.operator];
      return other === undefined ? [] : [`${text(node.left)} ${other} ${text(node.right)}`];
    }
    case "Literal":
      if (typeof node.value === "boolean") return [String(!node.value)];
      return typeof node.value === "number" ? [node.value === 1 ? "0" : `${node.value + 1}`] : [];
    case "CallExpression":
      return mutateCall(node, text);
    default:
      return [];
  }
}

function mutateCall(node: Node, text: (node: Node) => string): string[] {
  const mutants: string[] = [];
  const args = node.arguments as Node[];
  const behind = (start: number): string => text({ type: "", start, end: node.end });
  const name = node.callee.type === "MemberExpression" && !node.callee.computed ? node.callee.property : undefined;
  const other = name && Object.hasOwn(members, name.name) ? members[name.name] : undefined;
  if (other) mutants.push(text({ type: "", start: node.start, end: name!.start }) + other + behind(name!.end));
  if (commutes(node)) return mutants;
  for (const [i, second] of args.entries()) {
    const first = args[i - 1];
    if (!first || !isPlain(first) || !isPlain(second) || text(first) === text(second)) continue;
    const before = text({ type: "", start: node.start, end: first.start });
    mutants.push(`${before}${text(second)}, ${text(first)}${behind(second.end)}`);
  }
  return mutants;
}

/** Whether a statement can be left out by itself: calls, assignments and loops, but no declaration and no end. */
export function canBeRemoved({ type, expression }: Node): boolean {
  if (["ForStatement", "ForOfStatement", "WhileStatement"].includes(type)) return true;
  return type === "ExpressionStatement" && expression.type !== "Literal" && expression.callee?.type !== "Super";
}

/** Whether an object's property may be undefined in place of its value; values that have mutants of their own need not. */
export function canBeUndefined({ value, method, kind }: Node): boolean {
  return (
    !method &&
    kind === "init" &&
    !/^(Literal|TemplateLiteral|ArrowFunctionExpression|FunctionExpression)$/.test(value.type)
  );
}
