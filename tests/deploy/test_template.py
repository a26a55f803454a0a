"""template.yaml for every choice of its parameters, without AWS: what is made, what it may do, and that
what cannot work is refused with words. It does not prove that AWS does with it what its pages say."""

import json
import re
import unittest

from cfnlint.api import ManualArgs, lint

import here  # noqa: F401: where the scripts' modules are
from choices import BASE, CLUSTER, EXAMPLES, IMPOSSIBLE, LETTERS, MSK, OURS, SECRET, VPC, all_choices, is_possible
from stack import ROOT, Refused, Stack, source, text

# Everything with a star in it that the role may touch, and why it cannot be less.
STARS = {
    "arn:aws:ec2:eu-central-1:123456789012:*/*": "an interface has no name before it is made",
    "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/orders-sink:*": "the streams of one group",
    "arn:aws:s3:::failed-batches/*": "the objects of the bucket that was named",
    "arn:aws:glue:eu-central-1:123456789012:schema/shop/*": "the schemas of the registry that was named",
}
LIMIT_OF_RESOURCES = 500  # of CloudFormation, in one template
DESCRIBE = {f"ec2:Describe{what}" for what in ("NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs")}


def connectors():
    """Sinks: a source has no topic to be mapped to, and the template does not deploy it."""
    folders = (folder for folder in (ROOT / "functions").iterdir() if folder.is_dir())
    return sorted(f.name for f in folders if 'kind = "sink"' in (f / "Cargo.toml").read_text())


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

    def test_what_can_work_is_made_and_nothing_else(self):
        self.assertGreater(len(self.stacks), 1000)
        for choice, _ in self.stacks:
            self.assertTrue(is_possible(choice), choice)
        for choice, words in self.refused:
            self.assertFalse(is_possible(choice), (choice, words))

    def test_failed_items_are_told_exactly_where_the_mapping_reads_them(self):
        for choice, stack in self.stacks:
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
            roles = [name for name, r in stack.resources.items() if r["Type"].startswith("AWS::IAM::")]
            self.assertEqual(roles, ["Role"])
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
        for choice, stack in self.stacks:
            access = stack.resources["Mapping"]["Properties"].get("SourceAccessConfigurations", [])
            logins = [entry["Type"] for entry in access if entry["Type"] in mechanisms]
            environment = variables(stack)
            spoken = environment["SLUICE_KAFKA_SECURITY_PROTOCOL"], environment["SLUICE_KAFKA_SASL_MECHANISM"]
            if logins:
                self.assertEqual([spoken], [mechanisms[login] for login in logins])
            else:
                none = {"iam": ("SASL_SSL", "AWS_MSK_IAM"), "tls": ("SSL", ""), "plaintext": ("PLAINTEXT", "")}
                self.assertEqual(spoken, none[choice["KafkaAuthentication"]])

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
        self.assertEqual(sorted(binaries), connectors())
        self.assertEqual(sorted(template["Parameters"]["Connector"]["AllowedValues"]), connectors())
        for name, function in functions(template).items():
            binary = function["Metadata"]["BuildProperties"]["Binary"]
            self.assertEqual(function["Metadata"]["BuildMethod"], "rust-cargolambda")
            self.assertEqual(function["Properties"]["CodeUri"], f"functions/{binary}")
            self.assertEqual(template["Conditions"][function["Condition"]], {"Fn::Equals": [{"Ref": "Connector"}, binary]})

    def test_the_connector_that_is_chosen_is_the_one_that_is_made_and_mapped(self):
        made = functions(source())
        surroundings = []
        for connector in connectors():
            resources = Stack(base(Connector=connector)).resources
            (name,) = made.keys() & resources.keys()
            self.assertEqual(made[name]["Metadata"]["BuildProperties"]["Binary"], connector)
            self.assertTrue(resources[name]["Properties"]["Environment"]["Variables"]["SLUICE_CONNECTION_URL"])
            surroundings.append({other: resource for other, resource in resources.items() if other != name})
        for others in surroundings[1:]:
            self.assertEqual(others, surroundings[0])

    def test_each_function_has_its_place_in_the_mapping(self):
        """By its own reference: a stack's name stands for any of them once it is evaluated."""
        choice = source()["Resources"]["Mapping"]["Properties"]["FunctionName"]
        placed = {}
        while "Fn::If" in choice:
            condition, chosen, choice = choice["Fn::If"]
            placed[chosen["Ref"]] = condition
        self.assertEqual(placed, {name: function["Condition"] for name, function in functions(source()).items()})

    def test_every_variable_is_an_option_of_its_connector(self):
        template = source()
        given = {v for v in template["Globals"]["Function"]["Environment"]["Variables"] if v.startswith("SLUICE_")}
        for function in functions(template).values():
            readme = ROOT / function["Properties"]["CodeUri"] / "README.md"
            table = readme.read_text().split("<!-- options:")[1].split("<!-- end of options -->")[0]
            options = {f"SLUICE_{name.upper().replace('.', '_')}" for name in re.findall(r"^\| `([^`]+)`", table, re.M)}
            self.assertIn("SLUICE_INSERT_MODE", options)
            self.assertEqual(given - options, {"SLUICE_CONFIG"})

    def test_every_parameter_stands_in_the_form_and_changes_the_stack(self):
        template = source()
        form = template["Metadata"]["AWS::CloudFormation::Interface"]
        grouped = [name for group in form["ParameterGroups"] for name in group["Parameters"]]
        self.assertEqual(sorted(grouped), sorted(template["Parameters"]))
        self.assertEqual(EXAMPLES.keys() | {"Connector"}, template["Parameters"].keys())
        for name, (context, value) in EXAMPLES.items():
            self.assertTrue(template["Parameters"][name]["Description"], name)
            surroundings = BASE | (OURS if "BootstrapServers" in context else MSK) | context
            one, other = Stack(surroundings), Stack(surroundings | (value if isinstance(value, dict) else {name: value}))
            self.assertNotEqual(one.resources, other.resources, f"{name} changes nothing")

    def test_what_cannot_work_is_refused_with_words(self):
        for wrong, words in IMPOSSIBLE:
            with self.assertRaises(Refused, msg=wrong) as refused:
                Stack(base(**wrong))
            self.assertIn(words, str(refused.exception))
        # Every rule is told of above, or it may never say anything.
        told = {words for _, words in IMPOSSIBLE}
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
        body = json.loads(stack.resources["OnCall"]["Properties"]["DashboardBody"])
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
