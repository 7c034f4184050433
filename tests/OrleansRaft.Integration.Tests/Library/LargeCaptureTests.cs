using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Integration.Tests.Grains;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>A state machine that captures its state in one piece works as long as the state is small, and says so when it no longer is.</summary>
public sealed class LargeCaptureTests
{
    private const string Set = "blobs";
    private const int Large = 100_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("alarm", AlarmNames.LargeCapture)]
    public async Task A_large_state_in_one_piece_is_an_alarm_until_it_is_small_again()
    {
        await using var cluster = await RaftTestCluster.StartAsync(
            silos: 1,
            groups: 1,
            replicas: 1,
            raft => (raft.SnapshotThresholdBytes, raft.LargeCaptureBytes) = (1, Large),
            configure: static (_, silo) => silo.AddRaftStateMachine<Resize, int, Blob>(Set, groups: 1, replicas: 1));
        var blob = cluster.Client.GetRaftGroup<Resize, int>(Set, "key");
        (await blob.SubmitAsync(new Resize(10, []), cancellation: Token)).ShouldBeOfType<Committed<int>>();
        (await cluster.Admin.ListAlarmsAsync(Token)).ShouldBeEmpty();

        await RaftTestCluster.EventuallyAsync(async () =>
        {
            // A snapshot follows when the log has grown by the size of the last one.
            (await blob.SubmitAsync(new Resize(Large, new byte[1_000]), cancellation: Token)).ShouldBeOfType<Committed<int>>();
            var alarms = await cluster.Admin.ListAlarmsAsync(Token);
            return alarms is [{ Name: AlarmNames.LargeCapture, Group: $"{Set}-0" }] ? null : string.Join("; ", alarms);
        });
        await RaftTestCluster.EventuallyAsync(async () =>
        {
            (await blob.SubmitAsync(new Resize(10, new byte[Large / 4]), cancellation: Token)).ShouldBeOfType<Committed<int>>();
            return await cluster.Admin.ListAlarmsAsync(Token) is [var alarm, ..] ? alarm.Detail : null;
        });
    }

    /// <summary>Who looks at groups again and again costs nobody a capture of a state, however large.</summary>
    [Fact]
    public async Task Whoever_lists_groups_or_looks_at_one_has_no_state_captured()
    {
        var captures = new CaptureCount();
        await using var cluster = await RaftTestCluster.StartAsync(
            silos: 1,
            groups: 1,
            replicas: 1,
            configure: (_, silo) =>
            {
                silo.Services.AddSingleton(captures);
                silo.AddRaftStateMachine<Resize, int, CountedBlob>(Set, groups: 1, replicas: 1);
            });
        (await cluster.Client.GetRaftGroup<Resize, int>(Set, "key").SubmitAsync(new Resize(Large, []), cancellation: Token))
            .ShouldBeOfType<Committed<int>>();
        captures.Count = 0;

        for (var look = 0; look < 20; look++)
        {
            (await cluster.Admin.ListGroupsAsync(null, 10, Token)).Groups.ShouldContain(static one => one.Group == $"{Set}-0");
            (await cluster.Admin.GetGroupAsync($"{Set}-0", Token)).ShouldNotBeNull();
        }

        captures.Count.ShouldBe(0);
        (await cluster.Admin.CompareAsync($"{Set}-0", Token)).ShouldBeOfType<Committed<GroupComparison>>();
        captures.Count.ShouldBeGreaterThan(0, "who compares replicas asks for one");
    }
}

/// <summary>How often a state was captured.</summary>
public sealed class CaptureCount
{
    private int count;

    public int Count
    {
        get => Volatile.Read(ref count);
        set => Volatile.Write(ref count, value);
    }

    public void Add() => Interlocked.Increment(ref count);
}

/// <summary>A blob that counts its captures.</summary>
public sealed class CountedBlob(CaptureCount captures) : IStateMachine<Resize, int>
{
    private readonly Blob blob = new();

    public void Apply(ReadOnlySpan<Command<Resize>> commands, Span<int> results) => blob.Apply(commands, results);

    public int Query(in Command<Resize> query) => blob.Query(query);

    public void Capture(IBufferWriter<byte> output)
    {
        captures.Add();
        blob.Capture(output);
    }

    public void Restore(ReadOnlyMemory<byte> snapshot) => blob.Restore(snapshot);
}

/// <summary>Gives a blob a length.</summary>
/// <param name="Length">In bytes.</param>
/// <param name="Padding">Fills the log.</param>
[GenerateSerializer, Immutable, Alias("test-resize")]
public sealed record Resize([property: Id(0)] int Length, [property: Id(1)] byte[] Padding);

/// <summary>So many zeros.</summary>
public sealed class Blob : IStateMachine<Resize, int>
{
    private int length;

    public void Apply(ReadOnlySpan<Command<Resize>> commands, Span<int> results)
    {
        for (var place = 0; place < commands.Length; place++)
        {
            results[place] = length = commands[place].Value.Length;
        }
    }

    public int Query(in Command<Resize> query) => length;

    public void Capture(IBufferWriter<byte> output) => output.Write(new byte[length]);

    public void Restore(ReadOnlyMemory<byte> snapshot) => length = snapshot.Length;
}
