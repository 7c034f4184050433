namespace OrleansRaft;

/// <summary>
/// Marks a member of a command, or the parameter of a record that stands for one, that does not tell one request from another, such as a time that
/// the caller stamps: a repetition under the same request id may have another value there, and gets the first answer.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Parameter, Inherited = false)]
public sealed class NotIdentityAttribute : Attribute;
