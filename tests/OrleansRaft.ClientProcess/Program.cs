using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using OrleansRaft;
using OrleansRaft.Counters;
using OrleansRaft.Runtime;

// <gateway port> <cluster> <counter> <request id>: adds one to a counter through a silo's gateway, until the outcome is known, and prints it.
var (port, cluster, counter, requestId) = (int.Parse(args[0], CultureInfo.InvariantCulture), args[1], args[2], args[3]);
using var host = new HostBuilder()
    .UseOrleansClient(client => client
        .UseStaticClustering(new IPEndPoint(IPAddress.Loopback, port))
        .Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = cluster))
    .Build();
await host.StartAsync();

var group = host.Services.GetRequiredService<IClusterClient>().GetRaftGroup<CounterCommand, CounterResult>(CounterMachine.SetName, counter);
Outcome<CounterResult> outcome;
do
{
    outcome = await group.SubmitAsync(new IncrementCounter(1), requestId);
}
while (outcome is Unknown<CounterResult> or Rejected<CounterResult> { Reason: RejectionReason.NoLeader });
Console.WriteLine(
    outcome is Committed<CounterResult> { Value: CounterValue value } committed ? $"{value.Value} at {committed.Entry.Index}" : outcome.ToString());
await host.StopAsync();
