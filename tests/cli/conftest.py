from support.redis import own_server

__all__ = ["own_server"]
