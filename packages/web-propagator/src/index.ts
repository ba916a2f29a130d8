export const SESSION_BAGGAGE_KEY = 'session.id'
