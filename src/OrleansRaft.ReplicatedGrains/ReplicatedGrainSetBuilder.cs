using OrleansRaft.Core;
using OrleansRaft.ReplicatedGrains.Execution;

namespace OrleansRaft;

/// <summary>Says which classes a set of groups keeps: <c>grains => grains.Add&lt;Account&gt;()</c>.</summary>
public sealed class ReplicatedGrainSetBuilder
{
    private readonly List<GrainClass> classes = [];
    private int? newest;
    private int oldest = MachineVersions.Initial;
    private bool verifiesCalls;

    internal ReplicatedGrainSetBuilder()
    {
    }

    /// <summary>Adds a class. Its states are kept under its <c>[Alias]</c>, or its full name: give it one before it is renamed.</summary>
    /// <typeparam name="TGrain">
    /// A class that derives from <see cref="ReplicatedGrain{TState}"/> and implements one or more interfaces that extend <see
    /// cref="IReplicatedGrain"/>.
    /// </typeparam>
    /// <exception cref="ArgumentException">It cannot be a replicated grain; the message says why, and what to do.</exception>
    public ReplicatedGrainSetBuilder Add<TGrain>()
        where TGrain : ReplicatedGrain
    {
        classes.Add(GrainClass.Of(typeof(TGrain)));
        return this;
    }

    /// <summary>
    /// Says which versions this program supports. Without it, these are 1 up to the greatest <c>[Since(n)]</c> on a method, a parameter or a member
    /// of a state. A program that makes something else of the same calls supports a further version, and does it where
    /// <see cref="ReplicatedCallContext.Version"/> has reached it.
    /// </summary>
    /// <param name="newest">The newest.</param>
    /// <param name="oldest">The oldest.</param>
    public ReplicatedGrainSetBuilder Versions(int newest, int oldest = MachineVersions.Initial)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(oldest, MachineVersions.Initial);
        ArgumentOutOfRangeException.ThrowIfLessThan(newest, oldest);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(newest, MachineVersions.Max);
        (this.newest, this.oldest) = (newest, oldest);
        return this;
    }

    /// <summary>
    /// Makes every call twice, on the state as it is in memory and on one that is read from its bytes, and halts the replica with a sentence where
    /// the two differ: what is not deterministic, or hangs on what is not part of the state, is found by a test. For tests: it doubles the cost of a
    /// call.
    /// </summary>
    public ReplicatedGrainSetBuilder VerifyCalls()
    {
        verifiesCalls = true;
        return this;
    }

    /// <summary>
    /// Adds a class under another name than its own: tests have two programs of a class in one assembly, where no two can have one alias.
    /// </summary>
    internal ReplicatedGrainSetBuilder Add<TGrain>(string name)
        where TGrain : ReplicatedGrain
    {
        classes.Add(GrainClass.Of(typeof(TGrain), name));
        return this;
    }

    internal GrainSet Build(string name) => new(name, classes, newest, oldest, verifiesCalls);
}
