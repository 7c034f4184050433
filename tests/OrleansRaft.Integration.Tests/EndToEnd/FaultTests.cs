using OrleansRaft.Testbed;
using OrleansRaft.Testbed.Processes;
using OrleansRaft.Testbed.Workloads;

namespace OrleansRaft.Integration.Tests.EndToEnd;

/// <summary>
/// Clients increment counters through every silo while something breaks. Whatever happens: no acknowledged increment is lost, none is applied twice,
/// and replicas that have applied the same index hold the same state.
/// </summary>
[Collection(EndToEndCluster.Name)]
public sealed class FaultTests(EndToEndCluster cluster, ITestOutputHelper log)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public Task Nothing_goes_wrong_while_nothing_breaks() => UnderLoadAsync("calm", workload => workload.WaitForProgressAsync());

    [Fact]
    public Task Kill_9_of_the_leaders_process() => UnderLoadAsync("kill", async workload =>
    {
        var leader = await cluster.Silos.LeaderAsync();

        await leader.Process.KillAsync();
        await Until.TrueAsync(() => Task.FromResult(CountGone(leader) > 0), Patience, () => $"nobody saw that {leader.Name} is gone");
        await workload.WaitForProgressAsync();
        leader.Start();
        await leader.WaitUntilReadyAsync();
        await workload.WaitForProgressAsync();
    });

    [Fact]
    public Task SIGTERM_of_the_leaders_process() => UnderLoadAsync("term", async workload =>
    {
        var leader = await cluster.Silos.LeaderAsync();

        leader.Process.Terminate();
        (await leader.Process.WaitForExitAsync(TimeSpan.FromSeconds(10))).ShouldBe(0, leader.Process.Transcript);
        await workload.WaitForProgressAsync();
        leader.Start();
        await leader.WaitUntilReadyAsync();
        await workload.WaitForProgressAsync();
    });

    [Fact]
    public Task SIGSTOP_of_the_leaders_process_for_4_seconds() => UnderLoadAsync("pause", async workload =>
    {
        var leader = await cluster.Silos.LeaderAsync();
        var before = CountGone(leader);

        leader.Process.Pause();
        await Task.Delay(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken);
        leader.Process.Resume();
        await workload.WaitForProgressAsync();
        CountGone(leader).ShouldBe(before, "its port still takes connections, which proves nothing");
    });

    [Fact]
    public Task A_restart_of_PostgreSQL() => UnderLoadAsync("postgres", async workload =>
    {
        await cluster.Postgres.RestartAsync();
        await workload.WaitForProgressAsync();
    });

    /// <summary>How often another silo has said that a silo's process has ended.</summary>
    private int CountGone(OraftSilo silo) => cluster.Silos.Silos.Where(other => other != silo)
        .Sum(
            other => other.Process.Errors.Count(line => line.Contains($"Nobody listens at the silo port of {silo.Name} ", StringComparison.Ordinal)));

    private async Task UnderLoadAsync(string tenant, Func<CounterWorkload, Task> disturb)
    {
        await cluster.StartAsync();
        await using var workload = new CounterWorkload(cluster.Silos.Addresses, tenant) { Rest = TimeSpan.FromMilliseconds(50) };
        workload.Start();
        await workload.WaitForProgressAsync();

        await disturb(workload);

        var report = await workload.StopAndCheckAsync();
        var differences = await cluster.Silos.CompareReplicasAsync();
        log.WriteLine(
            $"{tenant}: {report.Acknowledged} acknowledged, {report.PerSecond:0}/s, {report.Repeated} repeated, longest gap "
                + $"{report.LongestGap.TotalMilliseconds:0} ms");
        report.Violations.ShouldBeEmpty(cluster.Silos.Transcript);
        report.Open.ShouldBe(0);
        differences.ShouldBeEmpty();
    }
}
