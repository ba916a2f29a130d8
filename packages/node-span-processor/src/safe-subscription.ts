import { subscribe, unsubscribe } from 'node:diagnostics_channel'

/**
 * Subscribes to a diagnostics channel until the returned function is called. Exceptions of `listener` go to `onError`:
 * Node would raise them as uncaughtException of the application.
 */
export function subscribeSafely<Message>(
  channel: string,
  listener: (message: Message) => void,
  onError = () => {},
): () => void {
  const subscriber = (message: unknown): void => {
    try {
      listener(message as Message)
    } catch {
      onError()
    }
  }
  subscribe(channel, subscriber)
  return () => void unsubscribe(channel, subscriber)
}
