#!/usr/bin/env python3
"""What whyeof-fleet(7) shows: GNU parallel's lines are run, where it is there;
the Job's shell lines are, one pod's after the other; the other files are read
as YAML, and name keys that lines of a report have."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import merge

try:
    import yaml
except ImportError:
    yaml = None

PAGE = "man/whyeof-fleet.7"


def examples():
    with open(PAGE, encoding="utf-8") as file:
        found = re.findall(r"^\.EX\n(.*?)^\.EE$", file.read(), re.M | re.S)
    return [text.replace("\\e", "\\").replace("\\-", "-") for text in found]


def shell(folder, lines, **more):
    os.makedirs(folder + "/bin", exist_ok=True)
    if not os.path.exists(folder + "/bin/whyeof"):
        os.symlink(os.path.abspath(merge.WHYEOF), folder + "/bin/whyeof")
    return subprocess.run(
        ["sh", "-ec", lines], cwd=folder, capture_output=True, text=True,
        check=False, env=dict(os.environ, HOME=folder, PATH=folder + "/bin:" +
                              os.environ["PATH"], **more))


def servers_in(folder):
    """A capture of many servers, and the list of them."""
    path = os.path.join(folder, "big.pcap")
    merge.write_all(path)
    whole = json.loads(merge.report(path))
    servers = merge.servers_of(whole)
    merge.save(folder, "servers.txt", "".join(
        "%s %s\n" % tuple(s.rsplit(":", 1)) for s in servers))
    return whole, servers


def check_folded(name, whole, text):
    path = whole["input"]["files"][0]["path"]
    folded = json.loads(text.replace('"big.pcap"', json.dumps(path)))
    merge.check(merge.of_findings(folded) ==
                merge.in_order(merge.of_findings(whole)),
                name + ": the findings of the whole")
    merge.check(folded["summary"]["by_code"] == whole["summary"]["by_code"],
                name + ": counts")


def check_parallel(lines):
    if not shutil.which("parallel"):
        print("skip fleet parallel: needs parallel")
        return
    with tempfile.TemporaryDirectory() as folder:
        whole, _ = servers_in(folder)
        done = shell(folder, lines)
        merge.check(done.returncode == 1, "parallel: status %d" %
                    done.returncode)
        check_folded("parallel", whole, done.stdout)


def check_job(text):
    job = yaml.safe_load(text)
    pod = job["spec"]["template"]["spec"]
    container = pod["containers"][0]
    merge.check(job["kind"] == "Job" and job["apiVersion"] == "batch/v1" and
                job["spec"]["completionMode"] == "Indexed" and
                pod["restartPolicy"] == "Never" and
                container["command"] == ["sh", "-ec"], "Job: its keys")
    names = {v["name"] for v in pod["volumes"]}
    merge.check({m["name"] for m in container["volumeMounts"]} == names,
                "Job: its volumes")
    with tempfile.TemporaryDirectory() as folder:
        whole, servers = servers_in(folder)
        for index in range(len(servers)):
            done = shell(folder, container["args"][0],
                         JOB_COMPLETION_INDEX=str(index))
            if done.returncode:
                merge.check(False, "Job: pod %d: %s" % (index, done.stderr))
        done = shell(folder, "whyeof merge part-*.json")
        check_folded("Job", whole, done.stdout)


def lines_of():
    done = subprocess.run(
        [merge.WHYEOF, "-F", "ndjson", "testdata/seed/write-timeout.pcapng"],
        capture_output=True, text=True, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_collectors(duck, vector, collector):
    finding = next(x for x in lines_of() if x["type"] == "finding")
    live = {"revision", "standing"}  # are in lines of a live run
    remap = yaml.safe_load(vector)
    source = remap["transforms"]["findings"]["source"]
    used = set(re.findall(r": \.(\w+)", source))
    merge.check(used - live <= set(finding) and len(used) > 7,
                "Vector: keys that a line has: %s" % sorted(used - set(finding)))
    merge.check(remap["sinks"]["clickhouse"]["inputs"] == ["findings"] and
                remap["transforms"]["findings"]["inputs"] == ["whyeof"],
                "Vector: one part leads to the next")
    config = yaml.safe_load(collector)
    flow = config["service"]["pipelines"]["logs"]
    merge.check(set(flow["receivers"]) <= set(config["receivers"]) and
                set(flow["exporters"]) <= set(config["exporters"]),
                "Collector: the pipeline has its parts")
    attributes = set(re.findall(r"attributes\.(\w+)", collector))
    merge.check(attributes == {"type", "severity"} <= set(finding),
                "Collector: keys that a line has")
    merge.check({"code", "connection", "type"} <= set(finding) and
                "server" in finding["connection"] and
                "type = 'finding'" in duck, "DuckDB: keys that a line has")


def main():
    parallel, job, duck, _, vector, collector = examples()
    check_parallel(parallel)
    if yaml is None:
        print("skip fleet: Job, Vector, Collector: needs python3-yaml")
        return int(merge.failed > 0)
    check_job(job)
    check_collectors(duck, vector, collector)
    return int(merge.failed > 0)


if __name__ == "__main__":
    sys.exit(main())
