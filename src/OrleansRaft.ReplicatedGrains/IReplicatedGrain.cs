namespace OrleansRaft;

/// <summary>
/// Marks the interface of a replicated grain: a grain whose calls are linearizable, are applied once, and survive the loss of a silo within a
/// fraction of a second.
/// </summary>
/// <remarks>
/// <para>
/// Methods return <see cref="Task"/>, <see cref="Task{TResult}"/>, <see cref="ValueTask"/> or <see cref="ValueTask{TResult}"/>. One that is marked
/// with Orleans' <c>[ReadOnly]</c> is a read and makes no entry in the log. An <c>[Alias]</c> on the interface and on each method lets both be
/// renamed: logs hold calls by these names.
/// </para>
/// <para>
/// A class implements the interface and derives from <see cref="ReplicatedGrain{TState}"/>; silos add it with <c>AddReplicatedGrains</c>. Callers get
/// a grain by <see cref="ReplicatedGrainFactoryExtensions.GetReplicatedGrain{TGrain}(IGrainFactory, string)"/>.
/// </para>
/// </remarks>
#pragma warning disable CA1040 // Orleans' generator looks for the attribute on what an interface extends.
[GenerateMethodSerializers(typeof(ReplicatedGrainProxy))]
public interface IReplicatedGrain;
#pragma warning restore CA1040
