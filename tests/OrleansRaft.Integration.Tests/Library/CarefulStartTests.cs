using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Testbed;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>
/// A command whose application ends the process: whoever starts the silo again and again has it serving after a few starts, without that group.
/// </summary>
public sealed class CarefulStartTests(PostgresFixture postgres) : IDisposable
{
    // Two ends begin the careful start, one finds the few entries of this log, one accuses the entry, and one condemns it.
    private const int StartsMax = 6;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // In its own folder: beside the tests, it would find their silos.
    private static readonly string Program = Path.Combine(
        AppContext.BaseDirectory.Replace(
            Path.Combine("tests", "OrleansRaft.Integration.Tests"), Path.Combine("tests", "OrleansRaft.DeadlySilo"), StringComparison.Ordinal),
        "OrleansRaft.DeadlySilo.dll");

    // A host that is given no time to stop is killed, as far as it can be from inside.
    private static readonly CancellationToken Killed = new(canceled: true);

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("oraft-deadly-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => directory.Delete(recursive: true);

    [Theory]
    [InlineData("sqlite", Skip = LongTests.Reason, SkipType = typeof(LongTests), SkipUnless = nameof(LongTests.Run))]
    [InlineData("postgres", Skip = LongTests.Reason, SkipType = typeof(LongTests), SkipUnless = nameof(LongTests.Run))]
    public async Task A_silo_that_an_entry_ends_comes_to_serve_the_other_groups(string kind)
    {
        var place = kind == "sqlite" ? directory.FullName : await (await postgres.GetServerAsync()).CreateDatabaseAsync("deadly");

        var starts = 0;
        string[] output;
        var amounts = new[] { "calm", "5", "deadly", "1", "deadly", "2", "deadly", "3", "deadly", "13" };
        while ((output = await LiveAsync(kind, place, amounts)) is not [.., "ready"])
        {
            (++starts).ShouldBeLessThan(StartsMax, string.Join('\n', output));
            amounts = [];
        }

        starts.ShouldBeGreaterThan(1, "the command ended the process");
        output.ShouldContain("calm 5");
        output.ShouldContain("deadly 6");
        var halted = output.Where(static line => line.StartsWith($"alarm {AlarmNames.MachineHalted} ", StringComparison.Ordinal))
            .ShouldHaveSingleItem();
        halted.ShouldStartWith($"alarm {AlarmNames.MachineHalted} deadly-0");
        halted.ShouldContain("The process ended each time");

        // It was stopped in order; the verdict outlives that.
        output = await LiveAsync(kind, place, ["calm", "2"]);
        output[^1].ShouldBe("ready", string.Join('\n', output));
        output.ShouldContain("calm 7");
        output.ShouldContain("deadly 6");
        output.ShouldContain(static line => line.StartsWith($"alarm {AlarmNames.MachineHalted} deadly-0", StringComparison.Ordinal));
    }

    /// <summary>What is in the log is applied by the third life alone, a batch at a time: while that lasts, the silo says so.</summary>
    [Fact]
    [Trait("alarm", AlarmNames.CarefulStart)]
    public async Task A_silo_that_was_killed_twice_starts_carefully_and_says_so_until_it_has_applied_its_logs()
    {
        using var office = new ParcelOffice();
        using (var first = await StartAsync(office))
        {
            (await GroupOf(first).SubmitAsync(new Parcel(ParcelOffice.Slow), cancellation: Token)).ShouldBeOfType<Committed<long>>();
            await StopAsync(first, Killed);
        }

        using (var second = await StartAsync(office))
        {
            await UntilAsync(
                async () => await GroupOf(second).QueryAsync(new Parcel(null), cancellation: Token) is Committed<long>, "the second life serves");
            BoardOf(second).Count(AlarmNames.CarefulStart).ShouldBe(0, "one unclean end costs nothing");
            await StopAsync(second, Killed);
        }

        office.Gate.Reset();
        using (var third = await StartAsync(office))
        {
            await UntilAsync(() => Task.FromResult(BoardOf(third).Count(AlarmNames.CarefulStart) == 1), "the third life starts carefully");
            (await AdminOf(third).CheckReadinessAsync(Token)).IsReady.ShouldBeFalse();
            (await AdminOf(third).ListAlarmsAsync(Token))
                .ShouldContain(static alarm => alarm.Name == AlarmNames.CarefulStart && alarm.Silo == "careful-silo");
            office.Gate.Set();

            await UntilAsync(() => Task.FromResult(BoardOf(third).Count(AlarmNames.CarefulStart) == 0), "it has applied its logs");
            await UntilAsync(async () => (await AdminOf(third).CheckReadinessAsync(Token)).IsReady, "it is ready");
            (await GroupOf(third).SubmitAsync(new Parcel(null), cancellation: Token)).ShouldBeOfType<Committed<long>>().Value.ShouldBe(2);
            await StopAsync(third, Token);
        }

        using var fourth = await StartAsync(office);
        await UntilAsync(async () => (await AdminOf(fourth).CheckReadinessAsync(Token)).IsReady, "the fourth life is ready");
        fourth.Services.GetRequiredService<SiloLife>().Care.IsCareful.ShouldBeFalse("the third one ended in order");
        await StopAsync(fourth, Token);
    }

    private async Task<IHost> StartAsync(ParcelOffice office)
    {
        var host = new HostBuilder()
            .UseOrleans(silo => silo
                .UseLocalhostClustering(FreePorts.Next(), FreePorts.Next(), serviceId: "careful", clusterId: "careful")
                .Configure<EndpointOptions>(static options => options.AdvertisedIPAddress = IPAddress.Loopback)
                .Configure<SiloOptions>(static options => options.SiloName = "careful-silo")
                .ConfigureServices(services => services.AddSingleton(office))
                .AddRaft(raft => raft.UseSqlite(directory.FullName))
                .AddRaftStateMachine<Parcel, long, ParcelCounter>("parcels", groups: 1, replicas: 1))
            .Build();
        await host.StartAsync(Token).WaitAsync(Patience, Token);
        return host;
    }

    private static async Task StopAsync(IHost host, CancellationToken cancellation)
    {
        try
        {
            await host.StopAsync(cancellation).WaitAsync(Patience, Token);
        }
        catch (OperationCanceledException) when (cancellation == Killed)
        {
            // It was given no time.
        }
    }

    private static Task UntilAsync(Func<Task<bool>> condition, string what) => Until.TrueAsync(condition, Patience, () => $"not yet: {what}");

    private static RaftGroup<Parcel, long> GroupOf(IHost host) =>
        host.Services.GetRequiredService<IGrainFactory>().GetRaftGroup<Parcel, long>("parcels", "a");

    private static AlarmBoard BoardOf(IHost host) => host.Services.GetRequiredService<AlarmBoard>();

    private static IRaftAdmin AdminOf(IHost host) => host.Services.GetRequiredService<IRaftAdmin>();

    /// <summary>Starts the silo, and stops it in order once it is ready.</summary>
    /// <returns>What it said; "ready" is the last of it, unless it ended before.</returns>
    private static async Task<string[]> LiveAsync(string kind, string place, string[] amounts)
    {
        string[] ports = [.. new[] { FreePorts.Next(), FreePorts.Next() }.Select(static port => port.ToString(CultureInfo.InvariantCulture))];
        await using var silo = OraftProcess.StartProgram(Program, [kind, place, .. ports, .. amounts]);
        await Until.TrueAsync(
            () => Task.FromResult(silo.HasExited || silo.Output is [.., "ready"]),
            Patience,
            () => $"the silo is neither ready nor dead:\n{silo.Transcript}");
        if (silo.HasExited)
        {
            return [.. silo.Output, .. silo.Errors];
        }

        silo.Terminate();
        (await silo.WaitForExitAsync(Patience)).ShouldBe(0, silo.Transcript);
        return [.. silo.Output];
    }
}
