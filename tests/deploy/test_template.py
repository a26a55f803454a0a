"""template.yaml for every choice of its parameters, without AWS: what is made, what it may do, and that
what cannot work is refused with words. It does not prove that AWS does with it what its pages say."""

import json
import re
import unittest

from cfnlint.api import ManualArgs, lint

import here  # noqa: F401: where the scripts' modules are
from choices import (
    BASE, CLUSTER, EXAMPLES, IMPOSSIBLE, IMPOSSIBLE_FOR_A_SOURCE, LETTERS, MSK, OF_A_SOURCE, OURS, SECRET, SOURCE, VPC,
    all_choices, is_possible,
)
from stack import ROOT, Refused, Stack, source, text

# Everything with a star in it that the role may touch, and why it cannot be less.
STARS = {
    "arn:aws:ec2:eu-central-1:123456789012:*/*": "an interface has no name before it is made",
    "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/orders-sink:*": "the streams of one group",
    "arn:aws:s3:::failed-batches/*": "the objects of the bucket that was named",
    "arn:aws:glue:eu-central-1:123456789012:schema/shop/*": "the schemas of the registry that was named",
    "arn:aws:glue:eu-central-1:123456789012:registry/*": "a record names a version, and not the registry that it is in",
    "arn:aws:glue:eu-central-1:123456789012:schema/*": "a record names a version, and not the schema that it is of",
    CLUSTER.replace(":cluster/", ":topic/") + "/shop-*": "the topics of a source's tables, which a person names by their prefix",
    CLUSTER.replace(":cluster/", ":transactional-id/")
    + "/sluice-orders-sink.task-*": "a source has as many tasks as tasks.max says",
}
LIMIT_OF_RESOURCES = 500  # of CloudFormation, in one template
DESCRIBE = {f"ec2:Describe{what}" for what in ("NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs")}


def connectors():
    """The kind of each, as its Cargo.toml has it."""
    folders = sorted(folder for folder in (ROOT / "functions").iterdir() if folder.is_dir())
    kind = re.compile(r'^kind = "(\w+)"$', re.M)
    return {folder.name: kind.search((folder / "Cargo.toml").read_text())[1] for folder in folders}


def of_kind(kind):
    return [name for name, its_kind in connectors().items() if its_kind == kind]


def functions(template):
    return {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def function(stack):
    """The properties of the one function that a stack has."""
    (found,) = (r["Properties"] for r in stack.resources.values() if r["Type"] == "AWS::Lambda::Function")
    return found


def variables(stack):
    return function(stack)["Environment"]["Variables"]


def statements(stack):
    for policy in stack.resources["Role"]["Properties"]["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def listed(value):
    return value if isinstance(value, list) else [value]


def rights(stack):
    """What the role may do: pairs of action and resource."""
    return {
        (action, resource)
        for statement in statements(stack)
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


def complaints(resources):
    document = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})
    # Variants of one resource stand side by side, so that their names are not unique.
    config = ManualArgs(regions=["eu-central-1"], ignore_checks=["E3019"])
    return sorted({f"{match.rule.id} {match.message}" for match in lint(document, config=config)})


def base(**more):
    return BASE | MSK | more


def source_base(**more):
    return SOURCE | MSK | more


def stack_of(connector, **more):
    """A stack of any connector, with as little as its kind needs."""
    kind = {"sink": base, "source": source_base}[connectors()[connector]]
    return Stack(kind(Connector=connector, **more))


class EveryChoice(unittest.TestCase):
    """Properties that hold for every combination."""

    @classmethod
    def setUpClass(cls):
        cls.stacks, cls.refused = [], []
        for choice in all_choices():
            try:
                cls.stacks.append((choice, Stack(choice)))
            except Refused as words:
                cls.refused.append((choice, str(words)))
        kinds = connectors()
        cls.sinks = [(choice, stack) for choice, stack in cls.stacks if kinds[choice["Connector"]] == "sink"]
        cls.sources = [(choice, stack) for choice, stack in cls.stacks if kinds[choice["Connector"]] == "source"]

    def test_what_can_work_is_made_and_nothing_else(self):
        self.assertGreater(len(self.sinks), 1000)
        self.assertGreater(len(self.sources), 50)
        for choice, _ in self.stacks:
            self.assertTrue(is_possible(choice), choice)
        for choice, words in self.refused:
            self.assertFalse(is_possible(choice), (choice, words))

    def test_a_sink_has_a_mapping_and_a_source_a_schedule(self):
        for _, stack in self.sinks:
            self.assertIn("Mapping", stack.resources)
            self.assertFalse({"Timer", "TimerRole", "Invocations"} & stack.resources.keys())
        for choice, stack in self.sources:
            self.assertNotIn("Mapping", stack.resources)
            timer = stack.resources["Timer"]["Properties"]
            self.assertEqual(timer["State"], "DISABLED" if choice.get("Enabled") == "false" else "ENABLED")
            self.assertEqual(timer["ScheduleExpression"], choice.get("Schedule", "rate(1 minute)"))
            invoked = f"arn:aws:lambda:eu-central-1:123456789012:function:{function(stack)['FunctionName']}"
            self.assertEqual(timer["Target"]["Arn"], invoked)
            (policy,) = stack.resources["TimerRole"]["Properties"]["Policies"]
            (only,) = policy["PolicyDocument"]["Statement"]
            self.assertEqual((only["Action"], only["Resource"]), ("lambda:InvokeFunction", invoked))
            (trust,) = stack.resources["TimerRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            self.assertEqual(trust["Principal"], {"Service": "scheduler.amazonaws.com"})
            self.assertEqual(trust["Condition"]["StringEquals"]["aws:SourceAccount"], "123456789012")
            reserved = function(stack).get("ReservedConcurrentExecutions")
            self.assertEqual(reserved, None if choice.get("OneAtATime") == "false" else 1)

    def test_failed_items_are_told_exactly_where_the_mapping_reads_them(self):
        for choice, stack in self.sinks:
            told = variables(stack)["SLUICE_REPORT_BATCH_ITEM_FAILURES"]
            read = stack.resources["Mapping"]["Properties"].get("FunctionResponseTypes")
            expected = ("true", ["ReportBatchItemFailures"]) if choice["PollingMode"] == "provisioned" else ("false", None)
            self.assertEqual((told, read), expected, choice)

    def test_no_right_is_wider_than_listed(self):
        for choice, stack in self.stacks:
            for action, resource in rights(stack):
                self.assertNotIn("*", action)
                if resource == "*":
                    self.assertIn(action, DESCRIBE, choice)
                elif "*" in resource:
                    self.assertIn(resource, STARS, choice)
            roles = {name for name, r in stack.resources.items() if r["Type"].startswith("AWS::IAM::")}
            self.assertEqual(roles, {"Role", "TimerRole"} if "Timer" in stack.resources else {"Role"})
            self.assertNotIn("ManagedPolicyArns", stack.resources["Role"]["Properties"])

    def test_the_secrets_that_are_referred_to_may_be_read_and_no_others(self):
        for choice, stack in self.stacks:
            wanted = {value for name, value in choice.items() if name.endswith("SecretArn") and value}
            readable = {resource for action, resource in rights(stack) if action.startswith("secretsmanager:")}
            self.assertEqual(readable, wanted)
            referred = set(re.findall(r"\$\{secretsmanager:(arn:[^}]+):\w+\}", json.dumps(variables(stack))))
            self.assertLessEqual(referred, readable)
            layers = json.dumps(function(stack).get("Layers", []))
            self.assertEqual("secrets-lambda-extension" in layers, bool(referred))

    def test_the_mapping_and_the_function_log_in_the_same_way(self):
        mechanisms = {
            "BASIC_AUTH": ("SASL_SSL", "PLAIN"),
            "SASL_SCRAM_256_AUTH": ("SASL_SSL", "SCRAM-SHA-256"),
            "SASL_SCRAM_512_AUTH": ("SASL_SSL", "SCRAM-SHA-512"),
            "CLIENT_CERTIFICATE_TLS_AUTH": ("SSL", ""),
        }
        none = {"iam": ("SASL_SSL", "AWS_MSK_IAM"), "tls": ("SSL", ""), "plaintext": ("PLAINTEXT", "")}
        for choice, stack in self.sinks:
            access = stack.resources["Mapping"]["Properties"].get("SourceAccessConfigurations", [])
            logins = [entry["Type"] for entry in access if entry["Type"] in mechanisms]
            if logins:
                self.assertEqual([self.spoken(stack)], [mechanisms[login] for login in logins])
            else:
                self.assertEqual(self.spoken(stack), none[choice["KafkaAuthentication"]])

    def test_a_source_logs_in_as_it_was_told(self):
        names = {"iam": "AWS_MSK_IAM", "plain": "PLAIN", "scram-sha-256": "SCRAM-SHA-256", "scram-sha-512": "SCRAM-SHA-512"}
        for choice, stack in self.sources:
            way = choice["KafkaAuthentication"]
            protocol = "PLAINTEXT" if way == "plaintext" else "SASL_SSL" if way in names else "SSL"
            self.assertEqual(self.spoken(stack), (protocol, names.get(way, "")))
            self.assertEqual(variables(stack)["SLUICE_KAFKA_BOOTSTRAP_SERVERS"], choice["BootstrapServers"])

    @staticmethod
    def spoken(stack):
        environment = variables(stack)
        return environment["SLUICE_KAFKA_SECURITY_PROTOCOL"], environment["SLUICE_KAFKA_SASL_MECHANISM"]

    def test_each_is_clean_for_cfn_lint(self):
        """Every resource that any of them has, once: a few large templates instead of thousands."""
        different = {}
        for _, stack in self.stacks:
            for resource in stack.resources.values():
                different.setdefault(json.dumps(resource, sort_keys=True), resource)
        resources = list(different.values())
        self.assertGreater(len(resources), 500)
        for first in range(0, len(resources), LIMIT_OF_RESOURCES):
            batch = resources[first : first + LIMIT_OF_RESOURCES]
            self.assertEqual(complaints({f"R{number}": resource for number, resource in enumerate(batch)}), [])


class Template(unittest.TestCase):
    def test_it_is_clean_for_cfn_lint_as_written(self):
        self.assertEqual([str(m) for m in lint(text(), regions=["eu-central-1", "us-east-1"])], [])

    def test_the_folders_of_connectors_are_its_functions(self):
        template = source()
        binaries = {f["Metadata"]["BuildProperties"]["Binary"] for f in functions(template).values()}
        self.assertEqual(sorted(binaries), list(connectors()))
        self.assertEqual(sorted(template["Parameters"]["Connector"]["AllowedValues"]), list(connectors()))
        kinds = {name: entry["Kind"] for name, entry in template["Mappings"]["Connectors"].items()}
        self.assertEqual(kinds, connectors())
        # Rules cannot look into a mapping.
        named = re.findall(r"!Contains \[\[([^\]]+)\], !Ref Connector\]", text())
        self.assertEqual({tuple(sorted(re.split(", *", names))) for names in named}, {tuple(of_kind("source"))})
        for name, function in functions(template).items():
            binary = function["Metadata"]["BuildProperties"]["Binary"]
            self.assertEqual(function["Metadata"]["BuildMethod"], "rust-cargolambda")
            self.assertEqual(function["Properties"]["CodeUri"], f"functions/{binary}")
            self.assertEqual(template["Conditions"][function["Condition"]], {"Fn::Equals": [{"Ref": "Connector"}, binary]})

    def test_the_connector_that_is_chosen_is_the_one_that_is_made_and_mapped(self):
        made = functions(source())
        surroundings = {"sink": [], "source": []}
        for connector, kind in connectors().items():
            resources = stack_of(connector).resources
            (name,) = made.keys() & resources.keys()
            self.assertEqual(made[name]["Metadata"]["BuildProperties"]["Binary"], connector)
            self.assertTrue(resources[name]["Properties"]["Environment"]["Variables"]["SLUICE_CONNECTION_URL"])
            surroundings[kind].append({other: resource for other, resource in resources.items() if other != name})
        for same in surroundings.values():
            for others in same[1:]:
                self.assertEqual(others, same[0])

    def test_each_function_has_its_place_with_what_invokes_it(self):
        """By its own reference: a stack's name stands for any of them once it is evaluated."""
        resources = source()["Resources"]
        of_its_kind = {"sink": {}, "source": {}}
        for name, function in functions(source()).items():
            kind = connectors()[function["Metadata"]["BuildProperties"]["Binary"]]
            of_its_kind[kind][name] = function["Condition"]
        role = resources["TimerRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]
        for kind, choice in [
            ("sink", resources["Mapping"]["Properties"]["FunctionName"]),
            ("source", resources["Timer"]["Properties"]["Target"]["Arn"]),
            ("source", resources["Invocations"]["Properties"]["FunctionName"]),
            ("source", role["Resource"]),
        ]:
            placed = {}
            while "Fn::If" in choice:
                condition, chosen, choice = choice["Fn::If"]
                name = chosen["Ref"] if "Ref" in chosen else chosen["Fn::GetAtt"][0]
                placed[name] = condition
            self.assertEqual(placed, of_its_kind[kind])

    def test_every_variable_is_an_option_of_its_connector(self):
        for connector, kind in connectors().items():
            given = {name for name in variables(stack_of(connector)) if name.startswith("SLUICE_")}
            table = (ROOT / "functions" / connector / "README.md").read_text().split("<!-- options:")[1]
            names = re.findall(r"^\| `([^`]+)`", table.split("<!-- end of options -->")[0], re.M)
            options = {f"SLUICE_{name.upper().replace('.', '_')}" for name in names}
            self.assertIn({"sink": "SLUICE_INSERT_MODE", "source": "SLUICE_MODE"}[kind], given & options)
            self.assertEqual(given - options, {"SLUICE_CONFIG"})

    def test_every_parameter_stands_in_the_form_and_changes_the_stack(self):
        template = source()
        form = template["Metadata"]["AWS::CloudFormation::Interface"]
        grouped = [name for group in form["ParameterGroups"] for name in group["Parameters"]]
        self.assertEqual(sorted(grouped), sorted(template["Parameters"]))
        self.assertEqual(EXAMPLES.keys() | OF_A_SOURCE.keys() | {"Connector"}, template["Parameters"].keys())
        examples = [(BASE, *example) for example in EXAMPLES.items()]
        examples += [(SOURCE, *example) for example in OF_A_SOURCE.items()]
        for kind, name, (context, value) in examples:
            self.assertTrue(template["Parameters"][name]["Description"], name)
            surroundings = kind | (OURS if "BootstrapServers" in context else MSK) | context
            one, other = Stack(surroundings), Stack(surroundings | (value if isinstance(value, dict) else {name: value}))
            self.assertNotEqual(one.resources, other.resources, f"{name} changes nothing")

    def test_what_cannot_work_is_refused_with_words(self):
        impossible = [(base, *wrong) for wrong in IMPOSSIBLE]
        impossible += [(source_base, *wrong) for wrong in IMPOSSIBLE_FOR_A_SOURCE]
        for kind, wrong, words in impossible:
            with self.assertRaises(Refused, msg=wrong) as refused:
                Stack(kind(**wrong))
            self.assertIn(words, str(refused.exception))
        # Every rule is told of above, or it may never say anything.
        told = {words for _, _, words in impossible}
        for rule in source()["Rules"].values():
            for assertion in rule["Assertions"]:
                sentence = assertion["AssertDescription"]
                self.assertTrue(any(words in sentence for words in told), f"nobody has tried: {sentence}")


class Rights(unittest.TestCase):
    """Exactly what the role may do, for the choices that matter most."""

    def of(self, **choice):
        topic, group = (CLUSTER.replace(":cluster/", f":{what}/") for what in ("topic", "group"))
        found = rights(Stack(base(**choice)))
        short = {topic: "TOPIC", group: "GROUP", CLUSTER: "CLUSTER"}
        for long, name in short.items():
            found = {(action, resource.replace(long, name)) for action, resource in found}
        return {pair for pair in found if pair[0].startswith("kafka")}

    def test_to_read_with_iam(self):
        self.assertEqual(
            self.of(ConsumerGroup="g"),
            {
                ("kafka:DescribeClusterV2", "CLUSTER"),
                ("kafka:GetBootstrapBrokers", "CLUSTER"),
                ("kafka-cluster:Connect", "CLUSTER"),
                ("kafka-cluster:DescribeClusterDynamicConfiguration", "CLUSTER"),
                ("kafka-cluster:DescribeTopic", "TOPIC/orders"),
                ("kafka-cluster:ReadData", "TOPIC/orders"),
                ("kafka-cluster:AlterGroup", "GROUP/g"),
                ("kafka-cluster:DescribeGroup", "GROUP/g"),
            },
        )

    def test_letters_may_be_written_only_where_there_are_letters(self):
        more = self.of(**LETTERS, ErrorDataTopic="orders-errors") - self.of()
        self.assertEqual(
            more,
            {
                ("kafka-cluster:WriteDataIdempotently", "CLUSTER"),
                *((f"kafka-cluster:{act}", f"TOPIC/{topic}") for act in ("DescribeTopic", "WriteData") for topic in ("orders-dead", "orders-errors")),
            },
        )

    def test_batches_given_up_may_be_written_to_their_topic(self):
        more = self.of(OnFailureDestination="kafka://gone") - self.of()
        self.assertEqual(more, {(f"kafka-cluster:{act}", "TOPIC/gone") for act in ("DescribeTopic", "ReadData", "WriteData")})

    def test_to_write_tables_with_iam(self):
        stack = Stack(source_base(ConnectorName="shop"))
        parts = {what: CLUSTER.replace(":cluster/", f":{what}/") for what in ("topic", "transactional-id")}
        offsets = parts["topic"] + "/shop-offsets"
        self.assertEqual(
            {pair for pair in rights(stack) if pair[0].startswith("kafka")},
            {
                ("kafka-cluster:Connect", CLUSTER),
                ("kafka-cluster:WriteDataIdempotently", CLUSTER),
                ("kafka-cluster:AlterTransactionalId", parts["transactional-id"] + "/sluice-shop"),
                ("kafka-cluster:AlterTransactionalId", parts["transactional-id"] + "/sluice-shop.task-*"),
                ("kafka-cluster:DescribeTransactionalId", parts["transactional-id"] + "/sluice-shop"),
                ("kafka-cluster:DescribeTransactionalId", parts["transactional-id"] + "/sluice-shop.task-*"),
                ("kafka-cluster:DescribeTopic", parts["topic"] + "/shop-*"),
                ("kafka-cluster:DescribeTopicDynamicConfiguration", parts["topic"] + "/shop-*"),
                ("kafka-cluster:WriteData", parts["topic"] + "/shop-*"),
                ("kafka-cluster:CreateTopic", offsets),
                ("kafka-cluster:DescribeTopic", offsets),
                ("kafka-cluster:DescribeTopicDynamicConfiguration", offsets),
                ("kafka-cluster:ReadData", offsets),
                ("kafka-cluster:WriteData", offsets),
            },
        )
        # The name in the right is the one that the function takes by default.
        offset = (ROOT / "shared/source/src/model/offset.rs").read_text()
        self.assertIn('format!("{connector}-offsets")', offset)
        self.assertIn('format!("sluice-{connector}")', offset)
        self.assertEqual(stack.outputs["OffsetsTopic"], "shop-offsets")
        other = Stack(source_base(OffsetsTopic="other"))
        self.assertIn(("kafka-cluster:ReadData", parts["topic"] + "/other"), rights(other))

    def test_a_source_outside_a_vpc_has_no_right_to_the_network(self):
        found = {action.split(":")[0] for action, _ in rights(Stack(source_base(KafkaAuthentication="plaintext")))}
        self.assertEqual(found, {"logs", "secretsmanager"})

    def test_a_password_needs_no_right_at_the_cluster(self):
        found = self.of(KafkaAuthentication="scram-sha-512", KafkaSecretArn=SECRET % "AmazonMSK_k", **LETTERS)
        self.assertEqual({a for a, _ in found}, {"kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers", "kafka:ListScramSecrets"})

    def test_without_msk_and_vpc_there_is_no_right_to_the_network(self):
        stack = Stack(BASE | OURS | {"KafkaAuthentication": "plain", "KafkaSecretArn": SECRET % "kafka"})
        self.assertFalse([a for a, _ in rights(stack) if not a.startswith(("logs:", "secretsmanager:"))])

    def test_the_functions_own_code_may_not_touch_interfaces(self):
        (deny,) = (s for s in statements(Stack(base(**VPC))) if s["Effect"] == "Deny")
        allowed = {action for action, _ in rights(Stack(base(**VPC))) if action.startswith("ec2:")}
        self.assertEqual(set(deny["Action"]), allowed)


class Watching(unittest.TestCase):
    def metrics(self, stack):
        """Every metric an alarm or the dashboard asks for: namespace, name, dimensions."""
        for resource in stack.resources.values():
            if resource["Type"] == "AWS::CloudWatch::Alarm":
                alarm = resource["Properties"]
                asked = [m["MetricStat"]["Metric"] for m in alarm.get("Metrics", []) if "MetricStat" in m] or [alarm]
                for metric in asked:
                    yield metric["Namespace"], metric["MetricName"], {d["Name"]: d["Value"] for d in metric["Dimensions"]}
        (dashboard,) = (r for r in stack.resources.values() if r["Type"] == "AWS::CloudWatch::Dashboard")
        body = json.loads(dashboard["Properties"]["DashboardBody"])
        for widget in body["widgets"]:
            for namespace, name, *rest in widget["properties"].get("metrics", []):
                pairs = [part for part in rest if isinstance(part, str)]
                yield namespace, name, dict(zip(pairs[::2], pairs[1::2]))

    def test_metrics_are_those_that_the_function_and_lambda_have(self):
        source = (ROOT / "shared/runtime/src/log/metrics.rs").read_text()
        (ours,) = re.findall(r'NAMESPACE: &str = "(\w+)"', source)
        (dimensions,) = re.findall(r"if has_topic \{ &\[(.+?)\] \}", source)
        stack = Stack(base(ConnectorName="shop", OnFailureDestination="kafka://gone"))
        values = {"connector": variables(stack)["SLUICE_NAME"], "topic": "orders"}
        self.assertEqual(re.findall(r'"(\w+)"', dimensions), list(values))
        asked = list(self.metrics(stack))
        self.assertEqual({namespace for namespace, _, _ in asked}, {ours, "AWS/Lambda"})
        told = [(name, dimensions) for namespace, name, dimensions in asked if namespace == ours]
        self.assertEqual({name for name, _ in told}, set(re.findall(r'Metric \{ name: "(\w+)"', source)))
        for _, dimensions in told:
            self.assertEqual(dimensions, values)
        lambdas = {tuple(dimensions.items()) for namespace, _, dimensions in asked if namespace == "AWS/Lambda"}
        self.assertEqual(lambdas, {(("FunctionName", "orders-sink"),), (("EventSourceMappingUUID", "ref-Mapping"),)})

    def test_metrics_of_a_source_are_those_that_it_has(self):
        source = (ROOT / "shared/runtime/src/source/metrics.rs").read_text()
        (dimensions,) = re.findall(r"DIMENSIONS: &\[&str\] = &\[(.+?)\]", source)
        self.assertEqual(re.findall(r'"(\w+)"', dimensions), ["connector"])
        asked = list(self.metrics(Stack(source_base(ConnectorName="shop"))))
        told = [(name, dimensions) for namespace, name, dimensions in asked if namespace == "Sluice"]
        self.assertEqual({name for name, _ in told}, set(re.findall(r'Metric::new\("(\w+)"', source)))
        for _, dimensions in told:
            self.assertEqual(dimensions, {"connector": "shop"})
        lambdas = {tuple(dimensions.items()) for namespace, _, dimensions in asked if namespace == "AWS/Lambda"}
        self.assertEqual(lambdas, {(("FunctionName", "orders-sink"),)})

    def test_a_source_has_its_own_alarms_and_a_paused_one_is_not_late(self):
        def alarms(**choice):
            stack = Stack(source_base(**choice))
            kind = "AWS::CloudWatch::Alarm"
            return {r["Properties"]["AlarmName"]: r["Properties"] for r in stack.resources.values() if r["Type"] == kind}

        self.assertEqual(alarms().keys(), {f"orders-sink-{what}" for what in ("errors", "behind", "waiting")})
        for enabled in ("true", "false"):
            behind = alarms(Enabled=enabled)["orders-sink-behind"]
            self.assertEqual((behind["TreatMissingData"], behind["ActionsEnabled"]), ("breaching", enabled == "true"))
        topic = "arn:aws:sns:eu-central-1:123456789012:on-call"
        for alarm in alarms(AlarmTopicArn=topic).values():
            self.assertEqual((alarm["AlarmActions"], alarm["OKActions"]), ([topic], [topic]))

    def test_there_is_an_alarm_for_each_thing_that_matters(self):
        def alarms(**choice):
            stack = Stack(base(**choice))
            return {r["Properties"]["AlarmName"]: r["Properties"] for r in stack.resources.values() if r["Type"] == "AWS::CloudWatch::Alarm"}

        always = {f"orders-sink-{what}" for what in ("errors", "letters", "given-back", "lag", "age")}
        self.assertEqual(alarms().keys(), always)
        topic = "arn:aws:sns:eu-central-1:123456789012:on-call"
        told = alarms(AlarmTopicArn=topic, OnFailureDestination="kafka://gone")
        self.assertEqual(told.keys() - always, {"orders-sink-dropped"})
        for alarm in told.values():
            self.assertEqual((alarm["AlarmActions"], alarm["OKActions"]), ([topic], [topic]))

    def test_the_log_is_the_functions_and_ends(self):
        stack = Stack(base(LogRetentionDays="7"))
        group = stack.resources["LogGroup"]["Properties"]
        logging = function(stack)["LoggingConfig"]
        self.assertEqual(group, {"LogGroupName": "/aws/lambda/orders-sink", "RetentionInDays": "7"})
        self.assertEqual(logging, {"LogFormat": "JSON", "LogGroup": "/aws/lambda/orders-sink", "ApplicationLogLevel": "INFO"})


if __name__ == "__main__":
    unittest.main()
