"""Short facts about the people who write to us."""
import redis

store = redis.Redis(decode_responses=True)


def learn(user, fact):
    store.rpush(f"facts:{user}", fact)


def known(user):
    return store.lrange(f"facts:{user}", 0, 20)


def seen_before(event_id):
    return not store.set(f"event:{event_id}", 1, nx=True, ex=600)
