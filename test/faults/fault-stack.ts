import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AgentBackend, startViewer } from '../support/agent-backend.js'
import { Collector, type CollectorPorts } from '../support/collector.js'
import { OtlpRecorder } from '../support/otlp-recorder.js'
import { freePorts, type ServiceProcess } from '../support/service-process.js'
import { UnreliableLink } from '../support/unreliable-link.js'
import { waitUntil } from '../support/wait-until.js'

/**
 * agent backend → accepted → link → Collector with recover.yaml → link → delivered → viewer.
 *
 * The recorders `accepted` and `delivered` keep the spans that the Collector and the viewer took. Each part can be
 * stopped and started again on its port.
 */
export class FaultStack {
  /** Intervals without a backend, from the signal to its end until it listens again, by `performance.now()`. */
  readonly backendAway: { from: number; to: number }[] = []
  /** Number of kills that ended a running Collector. */
  collectorKills = 0
  backend!: AgentBackend
  collector!: Collector
  viewer!: ServiceProcess
  accepted!: OtlpRecorder
  delivered!: OtlpRecorder
  beforeCollector!: UnreliableLink
  beforeViewer!: UnreliableLink
  readonly #storage = mkdtempSync(join(tmpdir(), 'rum-llmobs-queue-'))
  #collectorPorts!: CollectorPorts
  #viewerPort = 0
  #backendPort = 0
  #queueSpans = '100000'

  static async start({ queueSpans = '100000' } = {}): Promise<FaultStack> {
    const stack = new FaultStack()
    const [grpc = 0, http = 0, health = 0, viewer = 0, backend = 0] = await freePorts(5)
    stack.#collectorPorts = { grpc, http, health }
    stack.#viewerPort = viewer
    stack.#backendPort = backend
    stack.#queueSpans = queueSpans
    stack.delivered = await OtlpRecorder.start({ upstream: `http://127.0.0.1:${viewer}` })
    stack.beforeViewer = await UnreliableLink.start(stack.delivered.url)
    stack.beforeCollector = await UnreliableLink.start(`http://127.0.0.1:${http}`)
    stack.accepted = await OtlpRecorder.start({ upstream: stack.beforeCollector.url })
    await Promise.all([stack.startViewer(), stack.startCollector(), stack.startBackend()])
    return stack
  }

  async startViewer(): Promise<void> {
    this.viewer = await startViewer(this.#viewerPort)
  }

  async startCollector(): Promise<void> {
    this.collector = await Collector.start(
      ['recover.yaml'],
      {
        OTELCOL_STORAGE: this.#storage,
        OTELCOL_QUEUE_SPANS: this.#queueSpans,
        OTLP_URL: this.beforeViewer.url,
      },
      this.#collectorPorts,
    )
  }

  async killCollector(): Promise<void> {
    const wasRunning = this.collector.process.isRunning
    await this.collector.process.kill()
    if (wasRunning && !this.collector.process.isRunning) this.collectorKills++
  }

  async restartBackend(end: 'stop' | 'kill'): Promise<void> {
    const from = performance.now()
    await this.backend[end]()
    await this.startBackend()
    this.backendAway.push({ from, to: performance.now() })
  }

  async startBackend(): Promise<void> {
    this.backend = await AgentBackend.start({
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: this.accepted.url, VIEWER_URL: 'http://127.0.0.1' },
      port: this.#backendPort,
    })
  }

  /** Stops the backend, which flushes its spans, and waits until every accepted span is delivered. */
  async drain(seconds: number): Promise<void> {
    await this.backend.stop()
    await waitUntil(() => this.undelivered() === 0, seconds)
  }

  /** Number of spans that were accepted and not delivered. */
  undelivered(): number {
    return [...this.accepted.accepted.keys()].filter((spanId) => !this.delivered.accepted.has(spanId)).length
  }

  async stop(): Promise<void> {
    await Promise.all([this.backend.kill(), this.collector.process.kill(), this.viewer.kill()])
    await Promise.all(
      [this.accepted, this.delivered, this.beforeCollector, this.beforeViewer].map((part) => part.stop()),
    )
    rmSync(this.#storage, { recursive: true, force: true })
  }
}
