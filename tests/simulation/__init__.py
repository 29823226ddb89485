"""A simulation of the whole app over the fakes: many workers, some days, everything that can go wrong, and one seed.

One process, one thread, one thing at a time. The modules:

- `clockwork`: simulated time; tasks that give way to others at each call of a port.
- `chance`: what goes wrong, decided by the seed. `plan`: what a seed stands for.
- `service`: the service in truth: calls, recordings, chunks at the source (`truth`, `locations`). `grid`: its events,
  and what becomes of them. `people`: who calls, and who asks the app for something. `strangers`: other programs in
  the archive.
- `policies`: the policy of a run. `participants`: who is in the calls whose rule asks for consent (`asked`), and what
  they hear, press, withdraw. `consent_rules`: what must be true of that.
- `host`, `processes`, `queues`: the Functions host, its worker processes with the composed app, its queues.
- `gates`: what is between a process and its ports: time, errors, lost replies, crashes. `one_thread`: the copy engine
  without threads.
- `rules`: what must be true at every step. `told`: of what people are told. `books`: what must be true at the end.
- `world`: one run. `shrinking`: the smallest run that fails in the same way. `story`: what happened in it.
- `mutants`: known bugs (`bugs`), put back one at a time by `hunting`: each must be found.
"""
