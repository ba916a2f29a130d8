export const ANSWER = 'It is sunny in Paris.'

/** Arguments of the scripted tool call. */
export const TOOL_ARGUMENTS = '{"city":"Paris"}'

/** Returns the name of the first tool of a request that has "weather" in it. */
export function weatherTool(body) {
  const names = (body.tools ?? []).map((tool) => tool.function?.name ?? tool.name)
  return names.find((name) => name?.includes('weather'))
}
