"""Many explanations at a bounded cost, for the pages, a notebook or a batch job. Knows no Streamlit.

A `Store` keeps models, looks and maps within bounds, and goes on on the CPU where a GPU has no memory left. A `Request` is one
method asked about one photo of one model. A `Job` is work with a price, which is told before it starts, with progress, and with
a way to stop it: an explanation, a curve, a table.

>>> from dashboard.engine.jobs import explanation, run
>>> from dashboard.engine.request import Request
>>> from dashboard.engine.store import Store
>>> from dashboard.methods import AttentionRollout, Occlusion
>>> from dashboard.photo import sample_photo
>>> store, photo = Store(), sample_photo("chelsea")
>>> model = store.models("bundled/vit")
>>> quick = Request(model, photo, AttentionRollout())
>>> store.made(quick).shown.heatmap.shape
torch.Size([8, 8])
>>> store.made(quick) is store.made(quick)  # kept: asked again, it costs nothing
True
>>> slow = explanation(store, Request(model, photo, Occlusion()))
>>> slow.price().unit
'passes'
>>> heard = []
>>> [made] = run([slow], told=heard.append)  # `told=print` says "49 of 225 passes, 1 s left"
>>> made.units == heard[0].price.units
True
>>> slow.price().units  # nothing is left to be done
0
"""
