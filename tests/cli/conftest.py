from support.redis import own_server, redis_server, store

__all__ = ["own_server", "redis_server", "store"]
