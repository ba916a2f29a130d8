const { reporters } = require('mocha')

/** Mocha's spec reporter with a last line of counts. */
module.exports = class CountingReporter extends reporters.Spec {
  epilogue() {
    super.epilogue()
    const { passes, failures, pending } = this.stats
    console.log(`${passes} passed, ${failures} failed, ${pending} skipped`)
  }
}
