"""The s.yaml that is made from s.template.yaml: what is in it for every choice of its parameters, that fc3's schema
and our own checks accept it, and that what cannot work is refused with words. It does not prove that Function
Compute does with it what its pages say."""

import copy
import itertools
import pathlib
import tempfile
import unittest
import zipfile

import yaml

from here import ROOT

import function_compute
import glibc

BASE = {
    "Region": "cn-hangzhou",
    "Kafka": "alikafka_post-cn-example",
    "Topic": "orders",
    "ConnectionUrl": "postgresql://db.example.com:5432/shop",
}
SOURCE = {
    "Region": "cn-hangzhou",
    "ConnectionUrl": "mysql://db.example.com:3306/shop",
    "BootstrapServers": "b-1:9092,b-2:9092",
    "Mode": "incrementing",
    "Tables": r"shop\.orders",
    "TopicPrefix": "shop-",
}
NETWORK = {"VpcId": "vpc-1", "VSwitchIds": ["vsw-1", "vsw-2"], "SecurityGroupId": "sg-1"}
QUEUE = "acs:mns:cn-hangzhou:123456789012:/queues/failed"
LETTERS = {"ErrorsTolerance": "all", "DeadLetterTopic": "dead", "BootstrapServers": "b-1:9092,b-2:9092"}
# Each may be left out.
CHOICES = [
    NETWORK,
    LETTERS,
    {"TriggerTolerance": "ALL", "DeadLetterQueueArn": QUEUE},
    {"LogProject": "p", "LogStore": "l"},
    {"ConnectionUser": "sluice"},
    {"RegistryUrl": "http://registry:8081/apis/ccompat/v7"},
    {"Role": "acs:ram::123456789012:role/sluice", "Enabled": False},
    {"Runtime": "custom.debian12", "ValueEncoding": "base64", "InstanceConcurrency": 200},
    {"Tasks": 12, "Concurrency": 12, "BatchSize": 10000, "BatchWindowSeconds": 15, "Retry": "BACKOFF_RETRY"},
    {"KafkaVpcId": "vpc-2", "KafkaVSwitchId": "vsw-3", "KafkaSecurityGroupId": "sg-2"},
]
# Of a source, each of which may be left out too.
CHOICES_OF_A_SOURCE = [
    NETWORK,
    {"LogProject": "p", "LogStore": "l"},
    {"ConnectionUser": "sluice", "KafkaUser": "u", "KafkaMechanism": "PLAIN", "KafkaSecurity": "SASL_SSL"},
    {"Schedule": "CRON_TZ=Asia/Shanghai 0 0 3 * * *", "Retries": 3, "Enabled": False},
    {"Mode": "timestamp+incrementing", "TimestampColumn": "updated_at", "IncrementingColumn": "id", "OffsetsTopic": "o"},
]


def make(**more):
    return function_compute.make("orders-sink", BASE | more, "/tmp/bootstrap.zip")


def make_source(**more):
    return function_compute.make("shop", SOURCE | more, "/tmp/bootstrap.zip", "source")


def props(document):
    return document["resources"]["connector"]["props"]


def trigger(document):
    (only,) = props(document)["triggers"]
    return only["triggerConfig"]


class EveryChoice(unittest.TestCase):
    def test_what_goes_together_is_made_and_names_nothing_twice(self):
        made = 0
        for chosen in itertools.product([False, True], repeat=len(CHOICES)):
            given = {}
            for takes, choice in zip(chosen, CHOICES):
                given |= choice if takes else {}
            document = make(**given)
            made += 1
            self.assertNotIn("{{", yaml.safe_dump(document))
            self.assertEqual("vpcConfig" in props(document), "VpcId" in given)
            self.assertEqual("logConfig" in props(document), "LogProject" in given)
            self.assertEqual("deadLetterQueue" in trigger(document)["runOptions"], "DeadLetterQueueArn" in given)
        self.assertEqual(made, 2 ** len(CHOICES))

    def test_a_source_is_made_with_a_time_trigger(self):
        for chosen in itertools.product([False, True], repeat=len(CHOICES_OF_A_SOURCE)):
            given = {}
            for takes, choice in zip(chosen, CHOICES_OF_A_SOURCE):
                given |= choice if takes else {}
            document = make_source(**given)
            self.assertNotIn("{{", yaml.safe_dump(document))
            self.assertEqual("vpcConfig" in props(document), "VpcId" in given)
            (only,) = props(document)["triggers"]
            self.assertEqual(only["triggerType"], "timer")
            made = {"enable": given.get("Enabled", True), "cronExpression": given.get("Schedule", "@every 1m")}
            self.assertEqual(only["triggerConfig"], made)
            asynchronous = {"maxAsyncRetryAttempts": given.get("Retries", 0), "maxAsyncEventAgeInSeconds": 60}
            self.assertEqual(props(document)["asyncInvokeConfig"], asynchronous)
            variables = props(document)["environmentVariables"]
            self.assertEqual(variables["SLUICE_MODE"], given.get("Mode", "incrementing"))
            self.assertNotIn("SLUICE_TOPICS", variables)

    def test_every_variable_is_an_option_of_its_connector(self):
        for folder in (ROOT / "functions").iterdir():
            kind = function_compute.kind_of(folder.name)
            table = (folder / "README.md").read_text().split("<!-- options:")[1].split("<!-- end of options -->")[0]
            names = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}
            options = {f"SLUICE_{name.upper().replace('.', '_')}" for name in names}
            source = function_compute.template()
            shared = source["template"]["resources"]["connector"]["props"]["environmentVariables"]
            self.assertEqual((shared | source[kind]["environmentVariables"]).keys() - options, set(), folder.name)

    def test_every_parameter_has_its_place(self):
        rules = function_compute.template()["parameters"]
        used = (ROOT / "s.template.yaml").read_text().split("\ntemplate:")[1]
        # Options become variables one by one.
        missing = [name for name in rules if f"{{{{{name}}}}}" not in used and name != "MoreOptions"]
        self.assertEqual(missing, [])


class OneChoice(unittest.TestCase):
    def refused(self, words, **more):
        with self.assertRaises(function_compute.Refused) as refused:
            make(**more)
        self.assertIn(words, str(refused.exception))

    def test_the_trigger_is_as_the_vendor_shows_it(self):
        document = make(Tasks=3, Concurrency=6, TriggerTolerance="ALL", DeadLetterQueueArn=QUEUE)
        self.assertEqual(
            trigger(document),
            {
                "triggerEnable": True,
                "asyncInvocationType": False,
                "eventRuleFilterPattern": "{}",
                "eventSourceConfig": {
                    "eventSourceType": "Kafka",
                    "eventSourceParameters": {
                        "sourceKafkaParameters": {
                            "RegionId": "cn-hangzhou",
                            "InstanceId": "alikafka_post-cn-example",
                            "Topic": "orders",
                            "ConsumerGroup": "orders-sink",
                            "OffsetReset": "earliest",
                            "Network": "Default",
                        }
                    },
                },
                "eventSinkConfig": {
                    "deliveryOption": {"mode": "event-streaming", "eventSchema": "CloudEvents", "concurrency": 6}
                },
                "runOptions": {
                    "mode": "event-streaming",
                    "maximumTasks": 3,
                    "errorsTolerance": "ALL",
                    "retryStrategy": {"PushRetryStrategy": "EXPONENTIAL_DECAY_RETRY"},
                    "deadLetterQueue": {"Arn": QUEUE},
                    "batchWindow": {"CountBasedWindow": 100, "TimeBasedWindow": 1},
                },
            },
        )

    def test_options_become_text_and_no_password_is_written(self):
        document = make(ConnectionUser="u", DeleteEnabled=True, MoreOptions={"lock.timeout.ms": 5000, "a.b": False})
        variables = props(document)["environmentVariables"]
        self.assertEqual(variables["SLUICE_DELETE_ENABLED"], "true")
        self.assertEqual((variables["SLUICE_LOCK_TIMEOUT_MS"], variables["SLUICE_A_B"]), ("5000", "false"))
        self.assertEqual(variables["SLUICE_CONNECTION_PASSWORD"], "${env('SLUICE_CONNECTION_PASSWORD')}")
        self.assertNotIn("SLUICE_CONNECTION_PASSWORD", props(make())["environmentVariables"])
        self.refused("connection.password is a secret", MoreOptions={"connection.password": "s3cret"})

    def test_what_cannot_work_is_refused(self):
        self.refused("no such parameter: Topik; did you mean Topic?", Topik="orders")
        self.refused("Topic must have a value", Topic="")
        self.refused("Kafka: kafka-1 does not match", Kafka="kafka-1")
        self.refused("Region: atlantis", Region="atlantis!")
        self.refused("'atlantis' is not one of", Region="atlantis")
        self.refused("VpcId, VSwitchIds and SecurityGroupId only work together", VpcId="vpc-1")
        self.refused("VSwitchIds: sw-1 does not match", **NETWORK | {"VSwitchIds": ["sw-1"]})
        self.refused("VSwitchIds: must be a list", **NETWORK | {"VSwitchIds": "vsw-1"})
        self.refused("LogProject and LogStore only work together", LogStore="l")
        self.refused("without a queue failed batches are lost", TriggerTolerance="ALL")
        self.refused("DeadLetterQueueArn needs TriggerTolerance=ALL", DeadLetterQueueArn=QUEUE)
        self.refused("DeadLetterTopic needs BootstrapServers", DeadLetterTopic="dead")
        self.refused("ErrorsTolerance=all needs DeadLetterTopic", ErrorsTolerance="all")
        self.refused("KafkaUser needs KafkaMechanism and KafkaSecurity", KafkaUser="u")
        self.refused("Timeout: must be a number from 1 to 300", Timeout=301)
        self.refused("Tasks: must be a number from 1 to 300", Tasks=0)
        self.refused("Enabled: must be true or false", Enabled="yes")
        self.refused("InsertMode: must be one of insert", InsertMode="upsrt")
        self.refused("Mode: it is only for a source", Mode="bulk")
        self.refused("KafkaVpcId, KafkaVSwitchId and KafkaSecurityGroupId only work together", KafkaVpcId="vpc-2")
        self.refused("need TriggerTolerance=ALL", MaximumRetryAttempts=3)
        self.refused("need TriggerTolerance=ALL", MaximumEventAgeSeconds=3600)
        self.refused("MaximumEventAgeSeconds: must be a number from 60", MaximumEventAgeSeconds=5)
        self.refused("MemorySize must be 1 to 4 GB", MemorySize=8192)
        self.refused("not a multiple of 64", MemorySize=500)
        self.refused("must not contain ${", Table="${env('HOME')}")
        self.refused("fit into the environment", MoreOptions={"a": "x" * 4096})

    def test_a_source_that_cannot_work_is_refused(self):
        for words, more in [
            ("Mode must have a value", {"Mode": ""}),
            ("Mode: must be one of bulk", {"Mode": "new"}),
            ("a source needs BootstrapServers", {"BootstrapServers": ""}),
            ("Mode=timestamp needs TimestampColumn", {"Mode": "timestamp"}),
            ("Schedule: hourly does not match", {"Schedule": "hourly"}),
            ("Schedule: 0 3 * * * does not match", {"Schedule": "0 3 * * *"}),
            ("Retries: must be a number from 0 to 8", {"Retries": 9}),
            ("Topic: it is only for a sink", {"Topic": "orders"}),
        ]:
            with self.assertRaises(function_compute.Refused) as refused:
                make_source(**more)
            self.assertIn(words, str(refused.exception))

    def test_the_network_of_the_instance_and_the_end_of_retries(self):
        given = {"KafkaVpcId": "vpc-2", "KafkaVSwitchId": "vsw-3", "KafkaSecurityGroupId": "sg-2"}
        given |= {"TriggerTolerance": "ALL", "DeadLetterQueueArn": QUEUE}
        made = trigger(make(**given, MaximumRetryAttempts=3, MaximumEventAgeSeconds=3600))
        kafka = made["eventSourceConfig"]["eventSourceParameters"]["sourceKafkaParameters"]
        told = (kafka["VpcId"], kafka["VSwitchIds"], kafka["SecurityGroupId"])
        self.assertEqual(told, ("vpc-2", "vsw-3", "sg-2"))
        retry = {"PushRetryStrategy": "EXPONENTIAL_DECAY_RETRY", "MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600}
        self.assertEqual(made["runOptions"]["retryStrategy"], retry)

    def test_every_problem_is_told_at_once(self):
        with self.assertRaises(function_compute.Refused) as refused:
            make(Topik="orders", Topic="", VpcId="vpc-1")
        self.assertEqual(len(str(refused.exception).splitlines()), 3)

    def test_a_trigger_that_was_changed_by_hand_is_held_to_its_rules(self):
        good = make()
        self.assertEqual(list(function_compute.check(good, "sink")), [])
        for path, value in [
            (["runOptions", "maximumTasks"], "3"),
            (["runOptions", "mode"], "event-driven"),
            (["runOptions", "errorTolerance"], "ALL"),
            (["runOptions", "retryStrategy"], {"pushRetryStrategy": "BACKOFF_RETRY"}),
            (["eventSinkConfig", "deliveryOption", "concurrency"], 301),
            (["eventSourceConfig", "eventSourceParameters", "sourceKafkaParameters", "GroupId"], "g"),
            (["asyncInvocationType"], True),
            (["triggerEnable"], "true"),
        ]:
            document = copy.deepcopy(good)
            at = trigger(document)
            for name in path[:-1]:
                at = at[name]
            at[path[-1]] = value
            self.assertNotEqual(list(function_compute.check(document, "sink")), [], path)
        document = copy.deepcopy(good)
        props(document)["runtime"] = "custom.debian13"
        self.assertNotEqual(list(function_compute.check(document, "sink")), [])

    def test_the_example_is_right(self):
        given = yaml.safe_load((ROOT / "docs/orders-function-compute.yaml").read_text())
        document = function_compute.make("orders", given, "/tmp/bootstrap.zip")
        self.assertEqual(props(document)["functionName"], "orders")


class Zip(unittest.TestCase):
    def problems(self, program, name="bootstrap", mode=0o755):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "bootstrap.zip"
            with zipfile.ZipFile(path, "w") as archive:
                entry = zipfile.ZipInfo(name)
                entry.external_attr = mode << 16
                archive.writestr(entry, program)
            return glibc.problems(path)

    def test_a_program_that_the_platform_cannot_run_is_refused(self):
        head = b"\x7fELF\x02" + bytes(13)
        x86_64, aarch64 = head + b"\x3e\x00", head + b"\xb7\x00"
        self.assertEqual(self.problems(x86_64 + b"GLIBC_2.2.5 GLIBC_2.31"), [])
        self.assertIn("needs glibc 2.34", self.problems(x86_64 + b"GLIBC_2.17 GLIBC_2.34")[0])
        self.assertIn("not a program for x86_64", self.problems(aarch64)[0])
        self.assertIn("not a program for x86_64", self.problems(b"#!/bin/sh\n" + bytes(20))[0])
        self.assertIn("not executable", self.problems(x86_64, mode=0o644)[0])
        self.assertIn("one file, bootstrap", self.problems(x86_64, name="connector")[0])


if __name__ == "__main__":
    unittest.main()
