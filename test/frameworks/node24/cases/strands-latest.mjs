// Datadog's documentation asks Strands users to set this.
process.env.OTEL_SEMCONV_STABILITY_OPT_IN = 'gen_ai_latest_experimental'

export const name = 'Strands Agents'
export const packages = ['@strands-agents/sdk']
export const note = 'with `OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental`'

export async function scenarios(modelServerUrl) {
  const { strandsScenarios } = await import('../strands-scenarios.mjs')
  return strandsScenarios(modelServerUrl)
}
