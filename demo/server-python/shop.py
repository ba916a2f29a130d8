"""The shop's orders and the research service's field notes, as in `demo/server/src`."""

import re
from datetime import date, timedelta

PRODUCTS = {
    "tent": {"name": "Ridge two-person tent", "price": 289, "in_stock": 4},
    "stove": {"name": "Ember gas stove", "price": 64.5, "in_stock": 0},
    "bag": {"name": "Drift down sleeping bag", "price": 219, "in_stock": 11},
    "boots": {"name": "Scree hiking boots", "price": 174, "in_stock": 2},
}
ORDERS = {
    "1042": {"placed": date(2026, 11, 16), "shipping_days": 4, "lines": {"tent": 1, "stove": 1}},
    "1057": {"placed": date(2026, 11, 19), "shipping_days": 2, "lines": {"bag": 2}},
    "1063": {"placed": date(2026, 11, 20), "shipping_days": 6, "lines": {"boots": 1}},
}
NOTES = [
    "The Ridge tent is rated to 3,000 mm of water; seal the seams again after about forty nights.",
    "In rain that lasts for days, pitch the Ridge tent with its fly taut and both vents open, or it drips inside.",
    "The Ember stove takes standard screw-on gas and boils a litre in four minutes, slower below freezing.",
    "The Drift sleeping bag is comfortable to minus four degrees; wet down loses most of its warmth.",
    "Scree boots need about three short walks before a long one, and new grease once a season.",
    "Returns are free for sixty days when the product has not been used outdoors.",
]
FREE_SHIPPING_FROM, SHIPPING, RESTOCKING_DAYS = 200, 6.9, 5


def look_up_order(order_number):
    """Works out an order's total and arrival day."""
    order = ORDERS.get(order_number)
    if order is None:
        return {"error": f"There is no order {order_number}."}
    lines = [(PRODUCTS[sku], quantity) for sku, quantity in order["lines"].items()]
    items = [
        {"name": product["name"], "quantity": quantity, "in_stock": product["in_stock"] >= quantity}
        for product, quantity in lines
    ]
    goods = sum(product["price"] * quantity for product, quantity in lines)
    waiting = 0 if all(item["in_stock"] for item in items) else RESTOCKING_DAYS
    return {
        "order_number": order_number,
        "items": items,
        "total": goods if goods >= FREE_SHIPPING_FROM else goods + SHIPPING,
        "arrives": str(order["placed"] + timedelta(order["shipping_days"] + waiting)),
    }


def find_notes(topic, limit=2):
    """The notes that share the most words with the topic, best first."""
    wanted = words_of(topic)
    scored = [(len(words_of(note) & wanted), note) for note in NOTES]
    return [note for score, note in sorted(scored, key=lambda pair: -pair[0])[:limit] if score > 0]


def words_of(text):
    return {word for word in re.split(r"[^a-z]+", text.lower()) if len(word) > 3}
