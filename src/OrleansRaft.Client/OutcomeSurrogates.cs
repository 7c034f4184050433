using OrleansRaft.Runtime;

namespace OrleansRaft.Client;

/// <summary>How a <see cref="Committed{TResult}"/> travels through Orleans.</summary>
[GenerateSerializer, Alias("raft-committed`1")]
internal struct CommittedSurrogate<TResult>
{
    [Id(0)]
    public TResult Value;

    [Id(1)]
    public long Term;

    [Id(2)]
    public long Index;

    [Id(3)]
    public string Group;

    [Id(4)]
    public TimeSpan Age;
}

/// <summary>Converts.</summary>
[RegisterConverter]
internal sealed class CommittedConverter<TResult> : IConverter<Committed<TResult>, CommittedSurrogate<TResult>>
{
    /// <inheritdoc/>
    public Committed<TResult> ConvertFromSurrogate(in CommittedSurrogate<TResult> surrogate) =>
        new(surrogate.Value, new EntryId(new Term(surrogate.Term), new LogIndex(surrogate.Index)), surrogate.Group) { Age = surrogate.Age };

    /// <inheritdoc/>
    public CommittedSurrogate<TResult> ConvertToSurrogate(in Committed<TResult> value) => new()
    {
        Value = value.Value,
        Term = value.Entry.Term.Value,
        Index = value.Entry.Index.Value,
        Group = value.Group,
        Age = value.Age,
    };
}

/// <summary>How a <see cref="Rejected{TResult}"/> travels through Orleans.</summary>
[GenerateSerializer, Alias("raft-rejected`1")]
internal struct RejectedSurrogate<TResult>
{
    [Id(0)]
    public RejectionReason Reason;

    [Id(1)]
    public long Leader;

    [Id(2)]
    public TimeSpan RetryAfter;

    [Id(3)]
    public string Detail;
}

/// <summary>Converts.</summary>
[RegisterConverter]
internal sealed class RejectedConverter<TResult> : IConverter<Rejected<TResult>, RejectedSurrogate<TResult>>
{
    /// <inheritdoc/>
    public Rejected<TResult> ConvertFromSurrogate(in RejectedSurrogate<TResult> surrogate) =>
        new(surrogate.Reason, surrogate.Leader == 0 ? null : new ReplicaId(surrogate.Leader), surrogate.RetryAfter, surrogate.Detail);

    /// <inheritdoc/>
    public RejectedSurrogate<TResult> ConvertToSurrogate(in Rejected<TResult> value) => new()
    {
        Reason = value.Reason,
        Leader = value.Leader?.Value ?? 0,
        RetryAfter = value.RetryAfter,
        Detail = value.Detail,
    };
}

/// <summary>How an <see cref="Unknown{TResult}"/> travels through Orleans.</summary>
[GenerateSerializer, Alias("raft-unknown`1")]
internal struct UnknownSurrogate<TResult>
{
    [Id(0)]
    public string Detail;
}

/// <summary>Converts.</summary>
[RegisterConverter]
internal sealed class UnknownConverter<TResult> : IConverter<Unknown<TResult>, UnknownSurrogate<TResult>>
{
    /// <inheritdoc/>
    public Unknown<TResult> ConvertFromSurrogate(in UnknownSurrogate<TResult> surrogate) => new(surrogate.Detail);

    /// <inheritdoc/>
    public UnknownSurrogate<TResult> ConvertToSurrogate(in Unknown<TResult> value) => new() { Detail = value.Detail };
}

/// <summary>How an <see cref="Applied{TResult}"/> travels through Orleans.</summary>
[GenerateSerializer, Alias("raft-applied`1")]
internal struct AppliedSurrogate<TResult>
{
    [Id(0)]
    public long Term;

    [Id(1)]
    public long Index;

    [Id(2)]
    public string Detail;
}

/// <summary>Converts.</summary>
[RegisterConverter]
internal sealed class AppliedConverter<TResult> : IConverter<Applied<TResult>, AppliedSurrogate<TResult>>
{
    /// <inheritdoc/>
    public Applied<TResult> ConvertFromSurrogate(in AppliedSurrogate<TResult> surrogate) =>
        new(new EntryId(new Term(surrogate.Term), new LogIndex(surrogate.Index)), surrogate.Detail);

    /// <inheritdoc/>
    public AppliedSurrogate<TResult> ConvertToSurrogate(in Applied<TResult> value) => new()
    {
        Term = value.Entry.Term.Value,
        Index = value.Entry.Index.Value,
        Detail = value.Detail,
    };
}
