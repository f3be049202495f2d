from support.redis import clock, own_server, redis_server, store

__all__ = ["clock", "own_server", "redis_server", "store"]
