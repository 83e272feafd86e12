"""The one door to model hubs, and a hub made of a folder.

`hubs.protocol` says what may be asked of any hub, `hubs.errors` what can go wrong.
`hubs.huggingface` and `hubs.modelscope` are the doors; `hubs.folder` serves a folder the way the
Hugging Face Hub would.
"""
