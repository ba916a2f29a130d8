export const ANSWER = 'It is sunny in Paris.'

/** Arguments of the scripted tool call. */
export const TOOL_ARGUMENTS = '{"city":"Paris"}'

/** Name of the tool to call among those that a request offers, if there is one about the weather. */
export function weatherTool(body) {
  const names = (body.tools ?? []).map((tool) => tool.function?.name ?? tool.name)
  return names.find((name) => name?.includes('weather'))
}
