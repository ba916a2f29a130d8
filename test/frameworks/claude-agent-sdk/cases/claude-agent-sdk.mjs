import * as claude from '@anthropic-ai/claude-agent-sdk'
import { ClaudeAgentSDKInstrumentation } from '@arizeai/openinference-instrumentation-claude-agent-sdk'
import { z } from 'zod'

export const name = 'OpenInference, Claude Agent SDK'
export const packages = [
  '@arizeai/openinference-instrumentation-claude-agent-sdk',
  '@anthropic-ai/claude-agent-sdk',
]
export const note = 'its agent spans hold an id that Claude Code makes up'

export function scenarios(modelServerUrl) {
  const { query } = new ClaudeAgentSDKInstrumentation().manuallyInstrument(claude)
  const weather = claude.tool('weather', 'Tells the weather in a city', { city: z.string() }, async () => ({
    content: [{ type: 'text', text: 'sunny' }],
  }))
  const ask = async () => {
    // The SDK runs Claude Code as a child process, which calls the loopback server without an account.
    const messages = query({
      prompt: 'What is the weather in Paris?',
      options: {
        model: 'claude-opus-4-5',
        maxTurns: 3,
        allowedTools: ['mcp__city__weather'],
        mcpServers: { city: claude.createSdkMcpServer({ name: 'city', tools: [weather] }) },
        tools: [],
        settingSources: [],
        env: {
          PATH: process.env.PATH,
          // An empty folder, so that Claude Code finds no account and no settings.
          HOME: process.env.HOME,
          ANTHROPIC_BASE_URL: modelServerUrl,
          ANTHROPIC_API_KEY: 'none',
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
          ENABLE_TOOL_SEARCH: 'false',
        },
      },
    })
    for await (const message of messages) {
      if (message.type === 'result' && message.is_error) throw new Error(message.result)
    }
  }
  return { query: { kinds: ['agent', 'tool'], own: 'generated', run: ask } }
}
