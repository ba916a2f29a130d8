const notes = [
  'The Ridge tent is rated to 3,000 mm of water; seal the seams again after about forty nights.',
  'In rain that lasts for days, pitch the Ridge tent with its fly taut and both vents open, or it drips inside.',
  'The Ember stove takes standard screw-on gas and boils a litre in four minutes, slower below freezing.',
  'The Drift sleeping bag is comfortable to minus four degrees; wet down loses most of its warmth.',
  'Scree boots need about three short walks before a long one, and new grease once a season.',
  'Returns are free for sixty days when the product has not been used outdoors.',
]

/** The notes that share the most words with the topic, best first. */
export function findNotes(topic: string, limit = 2): string[] {
  const wanted = new Set(wordsOf(topic))
  return notes
    .map((note) => ({ note, score: wordsOf(note).filter((word) => wanted.has(word)).length }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ note }) => note)
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word.length > 3)
}
