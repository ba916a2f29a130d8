/** Reads a stream to its end, where instrumentations end the span. */
export async function drain(stream) {
  for await (const _ of stream);
}
