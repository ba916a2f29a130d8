/** Reads a stream to its end, as the application would: instrumentations end the span there. */
export async function drain(stream) {
  for await (const _ of stream);
}
