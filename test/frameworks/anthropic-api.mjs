import { ANSWER, TOOL_ARGUMENTS, weatherTool } from './model-answer.mjs'

/** `POST /v1/messages` */
export function messages(body) {
  const last = body.messages.at(-1).content
  const answered = Array.isArray(last) && last.some((block) => block.type === 'tool_result')
  const call = weatherTool(body) && !answered
  const block = call
    ? { type: 'tool_use', id: 'toolu_1', name: weatherTool(body), input: JSON.parse(TOOL_ARGUMENTS) }
    : { type: 'text', text: ANSWER }
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: body.model, stop_sequence: null }
  const stop_reason = call ? 'tool_use' : 'end_turn'
  const tokens = { input_tokens: 9, output_tokens: 4 }
  return {
    json: { ...message, content: [block], stop_reason, usage: tokens },
    events: [
      { type: 'message_start', message: { ...message, content: [], stop_reason: null, usage: tokens } },
      {
        type: 'content_block_start',
        index: 0,
        content_block: call ? { ...block, input: {} } : { type: 'text', text: '' },
      },
      {
        type: 'content_block_delta',
        index: 0,
        delta: call
          ? { type: 'input_json_delta', partial_json: TOOL_ARGUMENTS }
          : { type: 'text_delta', text: ANSWER },
      },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: tokens },
      { type: 'message_stop' },
    ],
  }
}
