using Newtonsoft.Json.Serialization;

namespace OrleansRaft.Counters.Web.Tenants;

/// <summary>
/// Grain storage in JSON names the type of what it stores. Notes keep the name under which the first ones were stored, so every version of the
/// program reads those of every other.
/// </summary>
/// <param name="others">Names all other types.</param>
internal sealed class StoredNoteNames(ISerializationBinder others) : ISerializationBinder
{
    private const string Assembly = "OrleansRaft.Server";
    private const string Type = "OrleansRaft.Server.TenantNote";

    /// <inheritdoc/>
    public Type BindToType(string? assemblyName, string typeName) =>
        assemblyName == Assembly && typeName == Type ? typeof(TenantNote) : others.BindToType(assemblyName, typeName);

    /// <inheritdoc/>
    public void BindToName(Type serializedType, out string? assemblyName, out string? typeName)
    {
        if (serializedType == typeof(TenantNote))
        {
            (assemblyName, typeName) = (Assembly, Type);
        }
        else
        {
            others.BindToName(serializedType, out assemblyName, out typeName);
        }
    }
}
