import assert from 'node:assert/strict'
import { lookUpOrder } from '../src/shop.js'

describe('lookUpOrder', () => {
  it('waits for a product that is out of stock and ships free above the limit', () => {
    assert.deepEqual(lookUpOrder('1042'), {
      orderNumber: '1042',
      items: [
        { name: 'Ridge two-person tent', quantity: 1, inStock: true },
        { name: 'Ember gas stove', quantity: 1, inStock: false },
      ],
      total: 353.5,
      arrives: '2026-11-25',
    })
  })

  it('adds shipping to a small order', () => {
    const status = lookUpOrder('1063')
    assert.equal('total' in status && status.total, 180.9)
  })

  it('knows no order by the name of an object property', () => {
    assert.deepEqual(lookUpOrder('constructor'), { error: 'There is no order constructor.' })
  })
})
