using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using OrleansRaft;
using OrleansRaft.DeadlySilo;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Runtime;

// <sqlite|postgres> <directory or connection string> <silo port> <gateway port> [<set> <amount>]...: a silo with the sets "calm" and "deadly". When
// it is ready it adds the amounts, prints both sums and the alarms, says "ready", and runs until it is told to stop. One amount ends the process.
var (kind, place) = (args[0], args[1]);
var ports = (Silo: int.Parse(args[2], CultureInfo.InvariantCulture), Gateway: int.Parse(args[3], CultureInfo.InvariantCulture));
using var host = new HostBuilder()
    .UseConsoleLifetime(static options => options.SuppressStatusMessages = true)
    .UseOrleans(silo => silo
        .UseLocalhostClustering(ports.Silo, ports.Gateway, serviceId: "deadly", clusterId: "deadly")
        .Configure<EndpointOptions>(static options => options.AdvertisedIPAddress = IPAddress.Loopback)
        .Configure<SiloOptions>(static options => options.SiloName = "deadly-silo")
        .AddRaft(raft => _ = kind == "sqlite" ? raft.UseSqlite(place) : raft.UsePostgreSql(place))
        .AddRaftStateMachine<Add, long, DeadlyMachine>("calm", groups: 2, replicas: 1)
        .AddRaftStateMachine<Add, long, DeadlyMachine>("deadly", groups: 1, replicas: 1))
    .Build();
await host.StartAsync();

var admin = host.Services.GetRequiredService<IRaftAdmin>();
while (!(await admin.CheckReadinessAsync()).IsReady)
{
    await Task.Delay(50);
}

for (var next = 4; next < args.Length; next += 2)
{
    var added = await Group(args[next]).SubmitAsync(new Add(long.Parse(args[next + 1], CultureInfo.InvariantCulture)));
    Console.WriteLine($"added {args[next]} {args[next + 1]}: {added.GetType().Name}");
}

foreach (var set in new[] { "calm", "deadly" })
{
    // Whoever is answered by the leader knows that it has applied its log, or is halted.
    while (await Group(set).QueryAsync(new Add(0)) is not (Committed<long> or Rejected<long> { Reason: RejectionReason.MachineHalted }))
    {
        await Task.Delay(50);
    }

    var sum = await Group(set).QueryAsync(new Add(0), ReadConsistency.Stale);
    Console.WriteLine($"{set} {(sum is Committed<long> committed ? committed.Value : sum.ToString())}");
}

foreach (var alarm in await admin.ListAlarmsAsync())
{
    Console.WriteLine($"alarm {alarm.Name} {alarm.Group}: {alarm.Detail}");
}

Console.WriteLine("ready");
await host.WaitForShutdownAsync();

RaftGroup<Add, long> Group(string set) => host.Services.GetRequiredService<IGrainFactory>().GetRaftGroup<Add, long>(set, "key");
