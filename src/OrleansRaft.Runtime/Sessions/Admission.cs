namespace OrleansRaft.Runtime.Sessions;

/// <summary>What the tables know of a command, before it is applied.</summary>
internal enum AdmissionKind
{
    /// <summary>It is new, and may be applied.</summary>
    New = 0,

    /// <summary>It was applied before, or by an earlier entry of the same batch: its first answer answers it.</summary>
    Repetition = 1,

    /// <summary>It is answered without being applied.</summary>
    Answered = 2,
}

/// <param name="Kind">What is known.</param>
/// <param name="Record">Of a repetition, what is remembered.</param>
/// <param name="Answer">If answered, how.</param>
internal readonly record struct Admission(AdmissionKind Kind, RequestRecord? Record, Reply Answer)
{
    public static Admission New => default;

    public static Admission Repetition(RequestRecord record) => new(AdmissionKind.Repetition, record, default);

    public static Admission Answered(in Reply answer) => new(AdmissionKind.Answered, null, answer);

    public static Admission Rejected(RejectionReason reason, string detail) => Answered(Reply.Rejected(reason, null, 0, detail));
}
