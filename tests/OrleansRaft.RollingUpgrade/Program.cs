using System.CommandLine;
using OrleansRaft.RollingUpgrade;
using OrleansRaft.Testbed;

// A silo of the application's newer build, as the program starts it.
if (args is ["serve", .. var options])
{
    await CounterSilo.RunAsync(options);
    return 0;
}

TemporaryRoot.Use();
var own = typeof(Roll).Assembly.Location;
var former = new Option<string>("--former")
{
    Description = "The assembly of the application's former build.",
    DefaultValueFactory = _ => own.Replace("OrleansRaft.RollingUpgrade", "OrleansRaft.RollingUpgrade.Former", StringComparison.Ordinal),
};
var newer = new Option<string>("--newer") { Description = "That of its newer one.", DefaultValueFactory = _ => own };
var rest = new Option<double>("--rest")
{
    Description = "For how many seconds the cluster is left alone before each silo is replaced.",
    DefaultValueFactory = _ => 5,
};
var clients = new Option<int>("--clients") { Description = "How many clients increment counters.", DefaultValueFactory = _ => 16 };
var postgres = new Option<string?>("--postgres") { Description = "An empty database; one of a server of its own by default." };
var brief = new Option<bool>("--brief")
{
    Description = "Two silos are newer from the beginning; the first one follows, another goes back and forth again, and all ends when the upgrade "
        + "is finalized. With little load.",
};
var command = new RootCommand(
    "Replaces three real silos on PostgreSQL one by one under load: by a newer program, back, and forth again. Prints one JSON object for each silo, "
    + "with the longest time that a counter went without an acknowledgement, and one at the end. Ends with 1 when an acknowledged increment was "
    + "lost, one was applied twice, a repetition was answered otherwise than before, a read was out of order, or replicas differ.")
{
    former, newer, rest, clients, postgres, brief,
};
command.SetAction(async (parsed, cancellation) =>
{
    var plan = new RollPlan(
        Path.GetFullPath(parsed.GetValue(former)!),
        Path.GetFullPath(parsed.GetValue(newer)!),
        TimeSpan.FromSeconds(parsed.GetValue(rest)),
        parsed.GetValue(clients),
        parsed.GetValue(brief));
    return await Roll.RunAsync(plan, parsed.GetValue(postgres), cancellation) ? 0 : 1;
});
return await command.Parse(args).InvokeAsync(cancellationToken: CancellationToken.None);
