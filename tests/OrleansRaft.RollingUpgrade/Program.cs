using System.CommandLine;
using OrleansRaft.RollingUpgrade;

// A silo of the application, as tests start it.
if (args is ["serve", .. var options])
{
    await CounterSilo.RunAsync(options);
    return 0;
}

var former = new Option<string>("--former") { Description = "The assembly of the application's former build (-p:Build=former).", Required = true };
var newer = new Option<string>("--newer") { Description = "That of its newer one (-p:Build=newer).", Required = true };
var rest = new Option<double>("--rest")
{
    Description = "For how many seconds the cluster is left alone before each silo is replaced.",
    DefaultValueFactory = _ => 5,
};
var clients = new Option<int>("--clients") { Description = "How many clients increment counters.", DefaultValueFactory = _ => 16 };
var command = new RootCommand(
    "Replaces three real silos on PostgreSQL one by one under load: by a newer program, back, and forth again. Prints one JSON object for each silo, "
    + "with the longest time that a counter went without an acknowledgement, and one at the end. Ends with 1 when an acknowledged increment was lost, "
    + "one was applied twice, a repetition was answered otherwise than before, a read was out of order, or replicas differ.")
{
    former, newer, rest, clients,
};
command.SetAction(async (parsed, cancellation) =>
{
    var builds = new Builds(Path.GetFullPath(parsed.GetValue(former)!), Path.GetFullPath(parsed.GetValue(newer)!));
    return await Roll.RunAsync(builds, TimeSpan.FromSeconds(parsed.GetValue(rest)), parsed.GetValue(clients), cancellation) ? 0 : 1;
});
return await command.Parse(args).InvokeAsync(cancellationToken: CancellationToken.None);
