"""The whole of Midway on one machine, started in the right order."""

from dataclasses import dataclass, field

from config.processes import programs, static_files
from config.processes.child import Child
from config.processes.errors import CannotStart
from config.processes.programs import Place
from config.processes.progress import Progress
from config.processes.supervisor import Supervisor
from config.processes.surroundings import Surroundings


@dataclass
class House:
    supervisor: Supervisor
    surroundings: Surroundings
    place: Place
    progress: Progress
    worker_name: str
    _web: Child = field(init=False)
    _worker: Child = field(init=False)

    def lay_foundations(self) -> None:
        """Broker, local Stripe and an up-to-date database; all three at once, because there are two cores."""
        around = self.surroundings
        ours = []
        if around.starts_broker:
            broker = self.supervisor.start(programs.broker(self.place, around.broker_port, around.broker_password))
            ours.append(("broker", broker, lambda: programs.broker_answers(around.broker_url)))
        elif not programs.broker_answers(around.broker_url):
            raise CannotStart("No broker answers at REDIS_URL: start it, or unset REDIS_URL to use the embedded one.")
        if around.starts_stripe:
            stripe = self.supervisor.start(programs.local_stripe(self.place, around.stripe_port))
            ours.append(("local Stripe", stripe, lambda: programs.answers(around.stripe_url)))
        with self.progress.step("database"):
            self.supervisor.finish(
                self.supervisor.start(programs.step(self.place, "migrate", "migrate", "--no-input", "--verbosity", "1"))
            )
        for name, child, is_ready in ours:
            with self.progress.step(name):
                self.supervisor.wait_until(is_ready, child)

    def collect_static_files(self) -> None:
        stamp = self.place.run_folder() / "static-files"
        if static_files.are_collected(stamp):
            return
        with self.progress.step("static files"):
            collect = programs.step(self.place, "collectstatic", "collectstatic", "--no-input", "--clear", "-v", "1")
            self.supervisor.finish(self.supervisor.start(collect))
            stamp.write_text(static_files.fingerprint())

    def open_doors(self) -> None:
        """Worker, beat and web at once; each line says how long we still had to wait for it."""
        around = self.surroundings
        worker = self.supervisor.start(programs.worker(self.place, self.worker_name))
        self.supervisor.start(programs.beat(self.place))
        web = self.supervisor.start(programs.web(self.place, around.web_port))
        with self.progress.step("web"):
            health = f"{around.web_url}/healthz"
            self.supervisor.wait_until(lambda: programs.answers(health, status=200), web)
        with self.progress.step("worker and beat"):
            self.supervisor.wait_until(lambda: programs.worker_answers(around.broker_url, self.worker_name), worker)
