interface Operation {
  type: string;
  name: string | undefined;
}

/** graphql/language/ast.js. */
interface Definition {
  kind: string;
  operation?: string;
  name?: { value: string };
}

interface ExecutionArgs {
  document?: { definitions?: readonly Definition[] } | undefined;
  operationName?: string | null;
}

/** @param args an object, in 15 also in order: schema, document, root, context, variables, name */
export function operationOf(args: readonly unknown[]): Operation | undefined {
  const given: ExecutionArgs =
    args.length === 1
      ? (args[0] as ExecutionArgs)
      : { document: args[1] as ExecutionArgs['document'], operationName: args[5] as string };
  const { document, operationName } = given;
  const operations = document?.definitions?.filter(({ kind }) => kind === 'OperationDefinition') ?? [];
  // Without a name it has to be the only one.
  const asked = operationName == null ? operations : operations.filter(({ name }) => name?.value === operationName);
  const [first] = asked;
  if (asked.length !== 1 || typeof first?.operation !== 'string') return undefined;
  return { type: first.operation, name: first.name?.value };
}
