"""A log of who did what, in which nothing can be changed, dropped, added or moved without being noticed.

`any_llm.audit.log:open_audit` opens one; the layer `audit` writes each call into it.
"""
