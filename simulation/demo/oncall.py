"""The simulated clinic's on-call file: four people, whose pages all go to one inbox on this machine."""

from simulation.course.calendar import BEND, Practice

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

TEMPLATE = """\
schema = 1

[people.lind]
name = "Duty nurse Lind"
role = "monitor"
channels = ["{inbox}/lind"]
[people.osei]
name = "Dr Osei"
role = "prescriber"
channels = ["{inbox}/osei"]
[people.ward]
name = "Dr Ward, medical director"
role = "prescriber"
channels = ["{inbox}/ward"]
[people.desk]
name = "Operations desk"
role = "coordinator"
channels = ["{inbox}/desk"]

[sites.bend]
timezone = "{time_zone}"
[sites.salem]
timezone = "{time_zone}"

[rotas.nurse]
timezone = "{time_zone}"
members = ["lind"]
period = "P7D"
handoff = "2026-01-05T08:00:00"

[policies.emergency]
steps = [
  {{ notify = ["rota:nurse", "person:osei"], wait = "PT1M" }},
  {{ notify = ["rota:nurse", "person:osei", "person:ward"], wait = "PT2M" }},
]
resolve_within = "PT15M"
max_snooze = "PT0S"

[policies.urgent]
steps = [
  {{ notify = ["rota:nurse"], wait = "PT5M" }},
  {{ notify = ["person:osei"], wait = "PT10M" }},
  {{ notify = ["person:ward"], wait = "PT15M" }},
]
resolve_within = "PT60M"
max_snooze = "PT30M"

[policies.routine]
steps = [{{ notify = ["person:desk"], wait = "PT4H" }}, {{ notify = ["person:ward"], wait = "PT24H" }}]
resolve_within = "P3D"
max_snooze = "P1D"
hours = {{ timezone = "{time_zone}", days = [{days}], from = "08:00", until = "18:00" }}

[fallback]
channels = ["{inbox}/fallback"]
"""


def on_call_file(inbox: str, practice: Practice = BEND) -> str:
    """The text of the on-call file. `inbox` is where pages go, as an Apprise URL such as `json://127.0.0.1:9900`.

    Rotas hand over, and routine pages go out, by the practice's clock.
    """
    days = ", ".join(f'"{WEEKDAYS[day]}"' for day in practice.working_days)
    return TEMPLATE.format(inbox=inbox, time_zone=practice.time_zone, days=days)
