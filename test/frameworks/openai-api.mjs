import { ANSWER, TOOL_ARGUMENTS, weatherTool } from './model-answer.mjs'

const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 }

/** `POST /v1/chat/completions` */
export function chat(body) {
  const call = weatherTool(body) && !body.messages.some((message) => message.role === 'tool')
  const toolCall = {
    id: 'call_1',
    type: 'function',
    function: { name: weatherTool(body), arguments: TOOL_ARGUMENTS },
  }
  const message = call
    ? { role: 'assistant', content: null, tool_calls: [toolCall] }
    : { role: 'assistant', content: ANSWER }
  const finish = call ? 'tool_calls' : 'stop'
  const head = { id: 'chatcmpl-1', created: 1, model: body.model }
  const chunk = (delta, finish_reason = null) => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason }],
  })
  return {
    json: {
      ...head,
      object: 'chat.completion',
      usage,
      choices: [{ index: 0, message, finish_reason: finish }],
    },
    events: [
      chunk(call ? { role: 'assistant', tool_calls: [{ index: 0, ...toolCall }] } : message),
      chunk({}, finish),
      { ...head, object: 'chat.completion.chunk', choices: [], usage },
      '[DONE]',
    ],
  }
}

/** `POST /v1/responses` */
export function responses(body) {
  const answered =
    Array.isArray(body.input) && body.input.some((item) => item.type === 'function_call_output')
  const item =
    weatherTool(body) && !answered
      ? {
          id: 'fc_1',
          type: 'function_call',
          status: 'completed',
          call_id: 'call_1',
          name: weatherTool(body),
          arguments: TOOL_ARGUMENTS,
        }
      : {
          id: 'msg_1',
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text: ANSWER, annotations: [] }],
        }
  const conversation = body.conversation?.id ?? body.conversation
  const json = {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: body.model,
    output: [item],
    tools: [],
    ...(conversation ? { conversation: { id: conversation } } : {}),
    usage: {
      input_tokens: 9,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 4,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 13,
    },
  }
  return {
    json,
    events: [
      {
        type: 'response.created',
        sequence_number: 0,
        response: { ...json, status: 'in_progress', output: [] },
      },
      { type: 'response.output_item.added', sequence_number: 1, output_index: 0, item },
      { type: 'response.output_item.done', sequence_number: 2, output_index: 0, item },
      { type: 'response.completed', sequence_number: 3, response: json },
    ],
  }
}

/** `POST /v1/embeddings` */
export function embeddings(body) {
  // The openai client asks for base64 by default.
  const embedding = body.encoding_format === 'base64' ? 'AACAPwAAAEA=' : [1, 2]
  return {
    json: {
      object: 'list',
      model: body.model,
      data: [{ object: 'embedding', index: 0, embedding }],
      usage: { prompt_tokens: 9, total_tokens: 9 },
    },
  }
}
