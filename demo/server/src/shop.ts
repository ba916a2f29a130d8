interface Product {
  name: string
  price: number
  inStock: number
}

const products: Record<string, Product> = {
  tent: { name: 'Ridge two-person tent', price: 289, inStock: 4 },
  stove: { name: 'Ember gas stove', price: 64.5, inStock: 0 },
  bag: { name: 'Drift down sleeping bag', price: 219, inStock: 11 },
  boots: { name: 'Scree hiking boots', price: 174, inStock: 2 },
}

const orders: Record<
  string,
  { placed: string; shippingDays: number; lines: [sku: string, quantity: number][] }
> = {
  1042: {
    placed: '2026-11-16',
    shippingDays: 4,
    lines: [
      ['tent', 1],
      ['stove', 1],
    ],
  },
  1057: { placed: '2026-11-19', shippingDays: 2, lines: [['bag', 2]] },
  1063: { placed: '2026-11-20', shippingDays: 6, lines: [['boots', 1]] },
}

const freeShippingFrom = 200
const restockingDays = 5

export interface OrderStatus {
  orderNumber: string
  items: { name: string; quantity: number; inStock: boolean }[]
  total: number
  arrives: string
}

/** Works out an order's total and arrival day. */
export function lookUpOrder(orderNumber: string): OrderStatus | { error: string } {
  const order = Object.hasOwn(orders, orderNumber) ? orders[orderNumber] : undefined
  if (!order) return { error: `There is no order ${orderNumber}.` }
  const lines = order.lines.flatMap(([sku, quantity]) => {
    const product = products[sku]
    return product ? [{ product, quantity, inStock: product.inStock >= quantity }] : []
  })
  const goods = lines.reduce((sum, { product, quantity }) => sum + product.price * quantity, 0)
  const waiting = lines.every(({ inStock }) => inStock) ? 0 : restockingDays
  const arrives = new Date(order.placed)
  arrives.setUTCDate(arrives.getUTCDate() + order.shippingDays + waiting)
  return {
    orderNumber,
    items: lines.map(({ product, quantity, inStock }) => ({ name: product.name, quantity, inStock })),
    total: goods + (goods >= freeShippingFrom ? 0 : 6.9),
    arrives: arrives.toISOString().slice(0, 10),
  }
}
