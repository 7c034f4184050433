using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansRaft.ReplicatedGrains.Calls;
using OrleansRaft.ReplicatedGrains.Execution;

namespace OrleansRaft.Benchmarks.Replicated;

/// <summary>What the keys of replicated grains cost one replica.</summary>
internal static class GrainStates
{
    /// <summary>What a state takes beyond its filling, in bytes.</summary>
    public const int Overhead = 10;

    private const int StateBytes = 100;

    /// <summary>Gives many keys of one group a state of 100 bytes, and writes what it costs.</summary>
    public static void Measure(int keys)
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var bound = new BoundSet(
            new GrainSet("bench", [GrainClass.Of(typeof(Filler))], newest: null, oldest: 1, verifiesCalls: false), services);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var machine = new GrainMachine(bound);
        var request = bound.Tools.Serializer.SerializeToArray<object>(RequestOf(bound));
        var results = new GrainAnswer[1];
        var started = Environment.CpuUsage.TotalTime;
        for (var number = 0; number < keys; number++)
        {
            var call = new GrainCall { Read = (IRequest)bound.Tools.Serializer.Deserialize<object>(request)! };
            var entry = new EntryId(new Term(3), new LogIndex(number + 1));
            machine.Apply(
                [new Command<GrainCall>(call, string.Create(CultureInfo.InvariantCulture, $"key-{number}"), entry, new LogTime(number))], results);
        }

        var each = (Environment.CpuUsage.TotalTime - started).TotalMicroseconds / keys;
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{machine.StateKeys:N0} keys of a replicated grain with a state of {StateBytes} bytes take {(double)bytes / keys:0} bytes each, key "
                + $"and all; a call that "
            + $"makes one takes {each:0.0} us."));
        var writing = Stopwatch.GetTimestamp();
        using (machine.TakeView())
        {
            Console.WriteLine($"A view of them is taken in {Stopwatch.GetElapsedTime(writing).TotalMicroseconds:0} us.");
        }

        GC.KeepAlive(machine);
    }

    private static IRequest RequestOf(BoundSet bound)
    {
        var target = new Recorder(bound.Tools);
        _ = bound.Tools.Proxies.Create<IFiller>(target).Fill(new byte[StateBytes - Overhead]);
        return target.Request!;
    }

    private sealed class Recorder(CallTools tools) : ReplicatedGrainTarget(tools)
    {
        public IRequest? Request { get; private set; }

        internal override ValueTask<T> InvokeAsync<T>(IRequest request) => throw new NotSupportedException();

        internal override ValueTask InvokeAsync(IRequest request)
        {
            Request = request;
            return default;
        }

        internal override ReplicatedGrainTarget With(Func<CallOptions, CallOptions> change) => this;
    }
}

/// <summary>Keeps some bytes.</summary>
[Alias("bench.IFiller")]
public interface IFiller : IReplicatedGrain
{
    /// <summary>Keeps them.</summary>
    [Alias("Fill")]
    Task Fill(byte[] bytes);
}

/// <inheritdoc cref="IFiller"/>
[Alias("bench.Filler")]
public sealed class Filler : ReplicatedGrain<TallyState>, IFiller
{
    /// <summary>The set that keeps them in silos.</summary>
    public const string Set = "fillers";

    /// <inheritdoc/>
    public Task Fill(byte[] bytes)
    {
        State.Filling = bytes;
        return Task.CompletedTask;
    }
}
